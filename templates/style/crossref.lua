-- Numbers sections, figures, tables and equations, and turns @fig-x, @tbl-x, @eq-x, @sec-x into links.
-- The words come from the metadata key `labels`. Stops on an id that is missing, used twice or of the wrong kind.

package.path = pandoc.path.join({ pandoc.path.directory(PANDOC_SCRIPT_FILE), "?.lua" })
local source = require("source")

local NBSP = "\u{a0}"
local labels = {}      -- word for each kind, by language
local targets = {}     -- id -> { kind, number }
local uses = {}        -- id -> how many elements carry it
local counts = { fig = 0, tbl = 0, eq = 0 }
local has_bibliography

local function kind_of(id)
  return id:match("^(fig)%-") or id:match("^(tbl)%-") or id:match("^(eq)%-") or id:match("^(sec)%-")
end

local function claim(id)
  if id == "" then return end
  uses[id] = (uses[id] or 0) + 1
  if uses[id] == 2 then
    source.problem(source.line_of("#" .. id, 2), "the id " .. id .. " is used twice", "give each element its own id")
  end
end

local function number_next(id, kind)
  counts[kind] = counts[kind] + 1
  targets[id] = { kind = kind, number = tostring(counts[kind]) }
  return targets[id].number
end

local function misplaced(id, expected)
  if id ~= "" and kind_of(id) ~= expected and kind_of(id) then
    source.problem(source.line_of("#" .. id), "the id " .. id .. " sits on another kind of element", "use the prefix " .. expected .. "-")
  end
end

local levels = {}
local function number_section(level)
  for deeper = level + 1, 6 do levels[deeper] = 0 end
  levels[level] = (levels[level] or 0) + 1
  local parts = {}
  for i = 1, level do parts[i] = tostring(levels[i] or 0) end
  return table.concat(parts, ".")
end

local function header(element)
  local id = element.identifier
  claim(id)
  misplaced(id, "sec")
  if element.classes:includes("unnumbered") then
    targets[id] = { kind = "sec", text = pandoc.utils.stringify(element.content) }
    return
  end
  targets[id] = { kind = "sec", number = number_section(element.level) }
end

local function label_caption(element, kind, id)
  local caption = element.caption.long
  if #caption == 0 then
    source.problem(source.line_of("#" .. id), "no caption at " .. id, "every numbered figure and table needs one")
    return
  end
  local text = labels[kind] .. NBSP .. number_next(id, kind) .. "."
  caption[1].content:insert(1, pandoc.Span({ text }, pandoc.Attr("", { "caption-label" })))
  caption[1].content:insert(2, pandoc.Space())
  element.caption.long = caption
end

local function numbered(element, kind)
  local id = element.identifier
  claim(id)
  misplaced(id, kind)
  if kind_of(id) == kind then label_caption(element, kind, id) end
  return element
end

local function figure(element) return numbered(element, "fig") end

-- An image that is still no figure has no caption or shares its paragraph with text.
local function loose_image(element)
  local id = element.identifier
  if kind_of(id) then
    source.problem(source.line_of("#" .. id), "no caption at " .. id .. ", or text beside it", "give it a caption and a paragraph of its own")
  end
end

-- `$$ .. $$ {#eq-x}` becomes a span with the id, the class equation and its number.
local function equations(inlines)
  local out = pandoc.Inlines({})
  local i = 1
  while i <= #inlines do
    local item = inlines[i]
    if item.t == "Math" and item.mathtype == "DisplayMath" then
      local step = inlines[i + 1] and (inlines[i + 1].t == "Space" or inlines[i + 1].t == "SoftBreak") and 2 or 1
      local mark = inlines[i + step]
      local id = mark and mark.t == "Str" and mark.text:match("^{#(eq%-[%w_-]+)}$")
      if id then
        claim(id)
        item = pandoc.Span({ item }, pandoc.Attr(id, { "equation" }, { { "number", number_next(id, "eq") } }))
        i = i + step
      end
    end
    out:insert(item)
    i = i + 1
  end
  return out
end

-- A record's words may look like a mark; they are escaped in the source, so that it has no more marks than elements took.
local function loose_marks()
  local found = {}
  for id, count in pairs(source.marks()) do
    if count > (uses[id] or 0) then found[id] = true end
  end
  return found
end

local loose
local function loose_mark(element)
  local id = element.text:match("{#([%w_-]+)")
  if loose[id] then source.problem(source.line_of("{#" .. id), "{#" .. id .. "} does not follow what it names", "put it behind its table caption, image, heading or $$ on one line") end
end

local function link_to(citation)
  local target = targets[citation.id]
  if not target then
    source.problem(source.line_of("@" .. citation.id), "@" .. citation.id .. " points to nothing", "correct the reference or add the element")
    return pandoc.Str("")
  end
  local text = target.text or target.number
  if not target.text then
    if #citation.prefix > 0 then
      text = pandoc.utils.stringify(citation.prefix) .. NBSP .. target.number
    elseif citation.mode ~= "SuppressAuthor" then
      text = labels[target.kind] .. NBSP .. target.number
    end
  end
  return pandoc.Link({ pandoc.Str(text) }, "#" .. citation.id, "", pandoc.Attr("", { "xref" }))
end

local function cite(element)
  local own = element.citations:filter(function(c) return kind_of(c.id) ~= nil end)
  local first = element.citations[1].id
  if #own == 0 then
    if not has_bibliography then
      source.problem(source.line_of("@" .. first), "@" .. first .. " is cited, but there is no bibliography", "put a .bib or .json file beside the source")
    end
    return
  end
  if #own < #element.citations then
    source.problem(source.line_of("@" .. first), "a citation and a cross-reference in one bracket", "write two brackets")
    return
  end
  local out = pandoc.Inlines({})
  for i, citation in ipairs(own) do
    if i > 1 then out:extend({ pandoc.Str(","), pandoc.Space() }) end
    out:insert(link_to(citation))
  end
  return out
end

local function link(element)
  local id = element.target:match("^#(.+)$")
  if id and not uses[id] then
    source.problem(source.line_of("(#" .. id), "the link #" .. id .. " points to nothing", "correct it or add the element")
  end
end

local function other(element) claim(element.identifier) end

local function span(element)
  if not element.classes:includes("equation") then claim(element.identifier) end
end

-- Whether the cells have nothing that is numbered or has a name, but for spans.
local function has_plain_cells(tbl)
  local plain = true
  local function found() plain = false end
  tbl:walk({ Header = found, Figure = found, Table = found, Div = found, Math = function(math) plain = plain and math.mathtype == "InlineMath" end })
  return plain
end

-- Most words of a report stand in the cells of its tables, and each inline that a filter is given takes its time.
local function data_table(element)
  numbered(element, "tbl")
  if not has_plain_cells(element) then return element end
  element:walk({ Span = span })
  return element, false
end

function Pandoc(doc)
  for _, kind in ipairs({ "fig", "tbl", "eq", "sec" }) do labels[kind] = pandoc.utils.stringify(doc.meta.labels[kind]) end
  has_bibliography = doc.meta.bibliography ~= nil
  doc = doc:walk({
    traverse = "topdown",
    Header = header, Figure = figure, Table = data_table, Inlines = equations, Div = other, Span = span,
  })
  local rules = { Cite = cite, Image = loose_image }
  loose = loose_marks()
  if next(loose) then rules.Str = loose_mark end  -- words are by far the most of all elements
  doc = doc:walk(rules)
  doc:walk({ Link = link })
  source.stop_if_wrong()
  return doc
end
