-- The Typst form of images, formulas, tables, callouts and badges: alt texts for PDF/UA, sizes and breaks for A4.

package.path = pandoc.path.join({ pandoc.path.directory(PANDOC_SCRIPT_FILE), "?.lua" })
local measure = require("measure")
local spoken = require("spoken")
local marks = require("marks")
local wrap = require("wrap")

local BREAKS_FROM = 12      -- rows from which a table may go over a page break
local WRAPPED_BREAKS_FROM = 6  -- the same where cells wrap, so that rows are higher
local KEPT_ROWS = 2         -- rows at least on each page that a table is on
local labels
local mark                  -- what stands before each table, with its columns and how many of them head its rows

local covered               -- first and last code of each range of characters that the PDF's fonts have
local function ranges()
  local found = {}
  local path = pandoc.path.join({ pandoc.path.directory(PANDOC_SCRIPT_FILE), "fonts", "print-glyphs.txt" })
  for line in io.lines(path) do
    if not line:match("^#") then
      for first, last in line:gmatch("(%x+)%-?(%x*)") do
        found[#found + 1] = { tonumber(first, 16), tonumber(last ~= "" and last or first, 16) }
      end
    end
  end
  return found
end

local function has_glyph(code)
  if code < 0x7f then return true end
  covered = covered or ranges()
  local low, high = 1, #covered
  while low <= high do
    local middle = (low + high) // 2
    if code < covered[middle][1] then high = middle - 1
    elseif code > covered[middle][2] then low = middle + 1
    else return true end
  end
  return false
end

-- Characters that no font has become their code in a frame; without it PDF/UA would refuse the whole report.
local function printable(make)
  return function(element)
    if not element.text:match("[\x80-\xff]") then return nil end
    local out, held, complete = pandoc.Inlines({}), {}, true
    local function release()
      if #held > 0 then out:insert(make(table.concat(held), element)) end
      held = {}
    end
    for _, code in utf8.codes(element.text) do
      if has_glyph(code) then
        held[#held + 1] = utf8.char(code)
      else
        release()
        complete = false
        out:insert(pandoc.RawInline("typst", string.format('#missing("%X");', code)))
      end
    end
    release()
    if complete then return nil end
    return out
  end
end

-- The same in a block of code, which holds nothing but characters: the code in angle brackets.
local function printable_block(element)
  local out = {}
  for _, code in utf8.codes(element.text) do
    out[#out + 1] = has_glyph(code) and utf8.char(code) or string.format("<U+%04X>", code)
  end
  element.text = table.concat(out)
  return element
end

local function quoted(text)
  return '"' .. text:gsub("[\\\"]", "\\%0"):gsub("%s+", " ") .. '"'
end

local function raw(text) return pandoc.RawInline("typst", text) end
local function raw_block(text) return pandoc.RawBlock("typst", text) end

-- A CSS length as Typst writes it; 1 px is 1/96 inch, that is 0.75 pt.
local function typst_length(text)
  if not text then return "auto" end
  local value, unit = text:match("^([%d.]+)(%S*)$")
  if unit == "px" or unit == "" then return string.format("%.2fpt", tonumber(value) * 0.75) end
  return value .. unit
end

local function image_call(image)
  local drawn = string.format("image(%s, alt: %s)", quoted(image.src), quoted(image.attributes.alt or ""))
  return string.format("fitted(width: %s, %s)", typst_length(image.attributes.width), drawn)
end

local function figure(element)
  local calls, id = {}, element.identifier
  element.content:walk({ Image = function(image) calls[#calls + 1] = image_call(image) end })
  local out = pandoc.Inlines({ raw("#figure(kind: image, block(width: 100%, align(left, {" .. table.concat(calls, "\n") .. "})), caption: [") })
  out:extend(pandoc.utils.blocks_to_inlines(element.caption.long))
  out:insert(raw("])" .. (id ~= "" and " <" .. id .. ">" or "")))
  return pandoc.Plain(out)
end

local function loose_image(image) return raw("#box(" .. image_call(image) .. ")") end

-- pandoc 3.9 writes the circled operators and the intersection as older Typst named them.
local function renamed(typst) return (typst:gsub("(%a)%.circle%f[^%a]", "%1.o"):gsub("%f[%w\"]sect%f[^%w\"]", "inter")) end

local function formula(math, number)
  local body = pandoc.write(pandoc.Pandoc({ pandoc.Plain({ math }) }), "typst"):gsub("%s+$", "")
  body = renamed(body)
  local suffix = number and ", number: " .. quoted(number) or ""
  return string.format("#formula(%s, alt: %s%s)", body, quoted(spoken.formula(math.text, spoken.words(labels))), suffix)
end

local function equation(span)
  if not span.classes:includes("equation") then return end
  return raw(formula(span.content[1], span.attributes.number) .. " <" .. span.identifier .. ">")
end

local function whole(span)
  span.attributes.whole = "true"
  return span
end

-- In a cell a badge stands for itself: words are below each other where it begins, and it goes over no line if it is short.
local function in_cell(span)
  span.attributes.cell = "true"
  return measure.is_whole(span) and whole(span) or span
end

local function marked(span)
  if span.classes:includes("caption-label") then
    return { raw("#caption-label["), pandoc.Span(span.content), raw("]") }
  end
  for _, class in ipairs(span.classes) do
    if measure.BADGES[class] then
      local how = (span.attributes.whole and ", whole: true" or "") .. (span.attributes.cell and ", spaced: false" or "")
      local out = pandoc.Inlines({ raw('#badge("' .. class .. '"' .. how .. ')[') })
      out:extend(span.content)
      out:insert(raw("]"))
      return out
    end
  end
end

-- Words of another language, for voices and for hyphenation.
local function spoken(span)
  local lang = span.attributes.lang and span.attributes.lang:match("^%l+")
  if not lang then return end
  local out = pandoc.Inlines({ raw('#text(lang: "' .. lang .. '")[') })
  out:extend(span.content)
  out:insert(raw("]"))
  return out
end

-- Small drawings: a strip in place of its words, which are its name, and a tally's bar above them.
local function drawing(span)
  if span.classes:includes("strip") then
    local out = {}
    for _, mark in ipairs(marks.of_strip(span.attributes.marks)) do out[#out + 1] = string.format("(%s, %.1f%%, %.1f%%)", quoted(mark.kind), mark.first, mark.last) end
    return raw("#strip(" .. quoted(pandoc.utils.stringify(span.content)) .. ", (" .. table.concat(out, ", ") .. ",))")
  end
  if span.classes:includes("tally") then
    local shares = {}
    for _, part in ipairs(marks.of_tally(span.attributes.marks)) do shares[#shares + 1] = string.format("%.2ffr", part.share) end
    local out = pandoc.Inlines({ raw("#tally((" .. table.concat(shares, ", ") .. ")); ") })
    out:extend(span.content)
    return out
  end
end

local function span(element) return equation(element) or drawing(element) or marked(element) or spoken(element) end

-- A long word of a cell may break behind its marks; the empty box prints nothing, so that it is copied as it is.
local function breaking(str)
  local parts, made = wrap.parts(str.text)
  if not made then return nil end
  local out = pandoc.Inlines({})
  for i, part in ipairs(parts) do
    if i > 1 then out:insert(raw("#box(width: 0pt);")) end
    out:insert(pandoc.Str(part))
  end
  return out
end

local function notes_of(div)
  local out = pandoc.Blocks({ raw_block("#table-notes[") })
  out:extend(div.content)
  out:insert(raw_block("]"))
  return out
end

-- The last rows of a table that goes over pages become its foot, which no page break divides, with its notes as a row of their own.
local function with_foot(tbl, notes)
  local body = tbl.bodies[#tbl.bodies]
  local rows, foot = body.body, pandoc.List({})
  for _ = 1, math.min(KEPT_ROWS, #rows - KEPT_ROWS) do foot:insert(1, rows:remove()) end
  body.body = rows
  if notes then foot:insert(pandoc.Row({ pandoc.Cell(notes_of(notes), "AlignLeft", 1, #tbl.colspecs) })) end
  tbl.foot = pandoc.TableFoot(foot)
  return tbl
end

-- Such a table as Typst has it: the foot comes once, without the rule above it that pandoc draws, and notes are below the last rule.
local function broken(tbl)
  if #tbl.foot.rows == 0 then return nil end
  local text = pandoc.write(pandoc.Pandoc({ tbl }), "typst", { wrap_text = "none" })
  text = text:gsub("\n *table%.hline%(%),\n *table%.footer%(", "\n    table.footer(repeat: false, ")
  return raw_block((text:gsub("table%.cell%((align: left, colspan: %d+)%)", "table.hline(stroke: end-rule), table.cell(%1, ..below-rule)")))
end

local function table_parts(tbl, notes)
  local columns, rows = measure.columns(tbl)
  local size, widths = measure.fit(columns)
  tbl.colspecs = tbl.colspecs:map(function(spec) return { spec[1], nil } end)
  tbl = tbl:walk({ Span = in_cell, Str = breaking })
  if widths then
    for i, spec in ipairs(tbl.colspecs) do tbl.colspecs[i] = { spec[1], widths[i] } end
  end
  local breakable = rows >= BREAKS_FROM or (widths and rows >= WRAPPED_BREAKS_FROM) or false
  local first = breakable and measure.first_lines(columns, size, widths, #tbl.head.rows + KEPT_ROWS) or 0
  if breakable then tbl = with_foot(tbl, notes) end
  local call = "// %s %d %d\n#report-table(size: %dpt, breakable: %s, noted: %s, first: %d)["
  local opened = raw_block(call:format(mark, #tbl.colspecs, measure.heads(tbl), size, breakable, notes ~= nil, first))
  local out = pandoc.Blocks({ opened, tbl, raw_block("]") })
  if notes and not breakable then out:extend(notes_of(notes)) end
  return out
end

-- In the short form figures that follow each other stand two abreast: larger than one below the other, on fewer pages.
local function abreast(blocks)
  local out, i = pandoc.Blocks({}), 1
  while i <= #blocks do
    local first, second = blocks[i], blocks[i + 1]
    if first.t == "Figure" and second and second.t == "Figure" then
      out:extend({ raw_block("#abreast(["), figure(first), raw_block("], ["), figure(second), raw_block("])") })
      i = i + 2
    else
      out:insert(first)
      i = i + 1
    end
  end
  return out
end

local function is_notes(block) return block.t == "Div" and block.classes:includes("table-notes") end

-- Each table with the notes that follow it.
local function tables(blocks)
  local out, i = pandoc.Blocks({}), 1
  while i <= #blocks do
    local notes = blocks[i].t == "Table" and blocks[i + 1] and is_notes(blocks[i + 1]) and blocks[i + 1] or nil
    if blocks[i].t == "Table" then out:extend(table_parts(blocks[i], notes)) else out:insert(blocks[i]) end
    i = i + (notes and 2 or 1)
  end
  return out
end

local function callout(div)
  if is_notes(div) then return notes_of(div) end
  if div.classes:includes("contents") then return raw_block("#contents()") end
  if div.classes:includes("group") then return div.content end
  local kind
  for _, class in ipairs(div.classes) do kind = kind or class:match("^callout%-(%a+)$") end
  if not kind then return end
  local title = div.attributes.title or labels["callout_" .. kind]
  local out = pandoc.Blocks({ raw_block("#callout(" .. quoted(kind) .. ", " .. quoted(title) .. ")[") })
  out:extend(div.content)
  out:insert(raw_block("]"))
  return out
end

function Pandoc(doc)
  labels = {}
  for key, value in pairs(doc.meta.labels) do labels[key] = pandoc.utils.stringify(value) end
  mark = pandoc.utils.stringify(doc.meta["table-mark"])
  if doc.meta.short then doc = doc:walk({ Blocks = abreast }) end
  doc = doc:walk({ Blocks = tables })
  doc = doc:walk({ Figure = figure, Div = callout })
  doc = doc:walk({ Header = function(header) return header:walk({ Span = whole }) end })
  doc = doc:walk({ Span = span })
  doc = doc:walk({ Image = loose_image, Math = function(math) return raw(formula(math)) end })
  doc = doc:walk({
    Str = printable(pandoc.Str),
    Code = printable(function(text) return pandoc.Code(text) end),
    CodeBlock = printable_block,
  })
  return doc:walk({ Table = broken })
end
