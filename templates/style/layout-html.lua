-- The HTML form of tables, figures, equations and callouts: captions, scroll areas and roles for assistive software.

package.path = pandoc.path.join({ pandoc.path.directory(PANDOC_SCRIPT_FILE), "?.lua" })
local measure = require("measure")
local marks = require("marks")

local PINS_FROM = 4        -- columns beyond which a narrow screen keeps the first one in view
local NAMES_FROM = 14      -- characters from which the names in a first column are more than one word
local labels

local function escape(text) return (text:gsub("[&<>\"]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" })) end

local function html(text) return pandoc.RawBlock("html", text) end

local ALIGN_CLASS = { AlignRight = "num", AlignCenter = "mid" }

-- Alignment and long text become classes, so that the style sheet decides; widths are the browser's.
local function style_cells(tbl, longest, heads)
  local aligns = {}
  for i, spec in ipairs(tbl.colspecs) do aligns[i] = ALIGN_CLASS[spec[1]] end
  local titles = {}
  for i, cell in ipairs(tbl.head.rows[1] and tbl.head.rows[1].cells or {}) do titles[i] = pandoc.utils.stringify(cell.contents) end
  local function style(rows, scope)
    for _, row in ipairs(rows) do
      for i, cell in ipairs(row.cells) do
        if not scope and heads > 1 and i > heads then cell.attr.attributes.label = titles[i] end -- a narrow screen makes a card of the row
        if scope then cell.attr.attributes.scope = scope elseif i <= heads then cell.attr.attributes.scope = "row" end
        if aligns[i] then cell.attr.classes:insert(aligns[i]) end
        if measure.is_long(longest[i]) then cell.attr.classes:insert("long") end
        if pandoc.utils.stringify(cell.contents) == "–" then cell.attr.classes:insert("nil") end
      end
    end
  end
  style(tbl.head.rows, "col")
  for _, body in ipairs(tbl.bodies) do style(body.body) end
  tbl.colspecs = tbl.colspecs:map(function() return { "AlignDefault", nil } end)
end

local function data_table(tbl)
  local longest = measure.longest(tbl)
  local id, caption = tbl.identifier, pandoc.utils.blocks_to_inlines(tbl.caption.long)
  local classes = pandoc.List({ "table" })
  classes:extend(tbl.classes)
  local heads = measure.heads(tbl)
  style_cells(tbl, longest, heads)
  for _, body in ipairs(tbl.bodies) do body.row_head_columns = heads end
  tbl.caption, tbl.identifier, tbl.classes = pandoc.Caption({}), "", {}
  local named = id ~= "" and #caption > 0 and { "aria-labelledby", id .. "-caption" } or { "aria-label", labels.table_region }
  tbl.attr = pandoc.Attr("", {}, { named })
  local scroll = pandoc.Attr("", { "scroll" }, { { "role", "region" }, { "tabindex", "0" }, named })
  if #longest > PINS_FROM and not measure.is_long(longest[1]) then scroll.classes:insert("pinned") end
  if longest[1] >= NAMES_FROM and not measure.is_long(longest[1]) then scroll.classes:insert("named") end
  local open = string.format('<figure%s class="%s">', id ~= "" and ' id="' .. id .. '"' or "", table.concat(classes, " "))
  local out = pandoc.Blocks({ html(open) })
  if #caption > 0 then out:extend({ html(string.format("<figcaption%s>", id ~= "" and ' id="' .. id .. '-caption"' or "")), pandoc.Plain(caption), html("</figcaption>") }) end
  out:extend({ pandoc.Div({ tbl }, scroll), html("</figure>") })
  return out
end

local function figure(element)
  local wide
  element.content = element.content:walk({ Image = function(image)
    wide = wide or image.classes:includes("wide")
    image.classes = image.classes:filter(function(class) return class ~= "wide" end)
    return image
  end })
  element.classes:insert("image")
  if wide then
    element.classes:insert("wide")
    element.content = { pandoc.Div(element.content, pandoc.Attr("", { "scroll" }, { { "role", "group" }, { "tabindex", "0" }, { "aria-label", labels.figure_region } })) }
  end
  return element
end

local function equation(span)
  if not span.classes:includes("equation") then return end
  local number = span.attributes.number
  span.attributes.number = nil
  span.content:insert(pandoc.Span({ "(" .. number .. ")" }, pandoc.Attr("", { "equation-number" })))
  return span
end

-- Browsers set no space between a function's name and its argument, as TeX and Typst do; left to themselves they print logx.
local FUNCTIONS = { log = true, ln = true, exp = true, sin = true, cos = true, tanh = true, max = true, min = true, det = true, Pr = true }
local function formula(math)
  math.text = math.text:gsub("(\\(%a+)%s*)([%a\\])(%a*)", function(all, name, first, rest)
    if FUNCTIONS[name] and not (first == "\\" and (rest == "left" or rest == "limits" or rest == "")) then all = all .. "\\, " end
    return all .. first .. rest
  end)
  if math.mathtype == "InlineMath" then return math end
  return pandoc.Span({ math }, pandoc.Attr("", { "formula" }, { { "role", "group" }, { "tabindex", "0" }, { "aria-label", labels.formula_region } }))
end

-- The report's title is the page's only h1; pandoc numbers sections from whatever level is the highest.
local function section(header)
  header.level = header.level + 1
  return header
end

-- A strip is drawn where its words stand; these are its name.
local STRIP = { width = 116, height = 16 }
local function at(place) return string.format("%.2f", place / 100 * STRIP.width) end
local DRAWN = {
  b = function(mark) return string.format('<rect class="band" x="%s" y="2" width="%.2f" height="12"/>', at(mark.first), (mark.last - mark.first) / 100 * STRIP.width) end,
  p = function(mark) return string.format('<path class="said" d="M%s 0v16"/>', at(mark.first)) end,
  i = function(mark) return string.format('<path class="span" d="M%s 8H%s"/>', at(mark.first), at(mark.last)) end,
  d = function(mark) return string.format('<circle class="seed" cx="%s" cy="8" r="2.6"/>', at(mark.first)) end,
  l = function(mark) return string.format('<path class="seed" d="M%s 8l5-3.5v7z"/>', at(mark.first - 3)) end,
  r = function(mark) return string.format('<path class="seed" d="M%s 8l-5-3.5v7z"/>', at(mark.first + 3)) end,
}
local function strip(span)
  local out = { string.format('<svg class="strip" viewBox="0 0 %d %d" role="img" aria-label="%s">', STRIP.width, STRIP.height, escape(pandoc.utils.stringify(span.content))) }
  for _, mark in ipairs(marks.of_strip(span.attributes.marks)) do out[#out + 1] = DRAWN[mark.kind](mark) end
  out[#out + 1] = "</svg>"
  return pandoc.RawInline("html", table.concat(out))
end

-- The bar of a tally; its words follow.
local function tally(span)
  local out, left = { '<svg class="bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">' }, 0
  for _, part in ipairs(marks.of_tally(span.attributes.marks)) do
    out[#out + 1] = string.format('<rect class="of-%s" x="%.2f" y="0" width="%.2f" height="4"/>', part.name, left, part.share)
    left = left + part.share
  end
  out[#out + 1] = "</svg>"
  span.attributes.marks = nil
  span.content:insert(1, pandoc.RawInline("html", table.concat(out)))
  return span
end

local function inline_span(span)
  if span.classes:includes("strip") then return strip(span) end
  if span.classes:includes("tally") then return tally(span) end
  return equation(span)
end

-- Claims of one place: closed, with the place and its verdicts as the line that opens them.
local function group(div)
  local head = div.content:remove(1)
  local out = pandoc.Blocks({ html('<details class="group" id="' .. escape(head.identifier) .. '"><summary><h3>'), pandoc.Plain(head.content), html("</h3></summary>") })
  out:extend(div.content)
  out:insert(html("</details>"))
  return out
end

local function callout(div)
  if div.classes:includes("group") then return group(div) end
  if div.classes:includes("contents") then return {} end
  local kind
  for _, class in ipairs(div.classes) do kind = kind or class:match("^callout%-(%a+)$") end
  if not kind then return end
  local title = div.attributes.title or labels["callout_" .. kind]
  local collapse = div.attributes.collapse == "true"
  local classes = "callout callout-" .. kind
  if collapse then
    local out = pandoc.Blocks({ html('<details class="' .. classes .. '"><summary class="callout-title">' .. escape(title) .. "</summary>") })
    out:extend(div.content)
    out:insert(html("</details>"))
    return out
  end
  local out = pandoc.Blocks({ html('<div class="' .. classes .. '" role="note">\n<p class="callout-title">' .. escape(title) .. "</p>") })
  out:extend(div.content)
  out:insert(html("</div>"))
  return out
end

function Pandoc(doc)
  labels = {}
  for key, value in pairs(doc.meta.labels) do labels[key] = pandoc.utils.stringify(value) end
  return doc:walk({ Table = data_table, Figure = figure, Span = inline_span, Math = formula, Div = callout, Header = section })
end
