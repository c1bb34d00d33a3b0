-- How much text each column of a table holds, and from that its font size and column widths.

local wrap = require("wrap")

local measure = {}

measure.BADGES = { ok = true, warn = true, bad = true, muted = true }

local PAGE_CHARS = 92       -- average characters of Libertinus Serif at 10 pt on the 166 mm line
local GUTTER_CHARS = 2.4    -- the cell inset of 6 pt on both sides, in characters
local SIZES = { 9, 8, 7 }   -- pt; below 7 pt print is no longer readable
local BOLD = 1.15           -- a bold header's width over the same words in regular
local SLACK = 1             -- characters that a column has beyond its longest word
local LONG_CELL = 34        -- characters from which a cell is prose that should wrap
local WHOLE = 16            -- characters up to which a badge in a table goes over no line
local STRIP_CHARS = 14      -- the width of a strip, 6.9 em in print, which is drawn in place of its words

-- Whether a span within the element is of some kind. Most tables have none, and need not be searched cell by cell.
local function has_span(element, kind)
  local found = false
  element:walk({ Span = function(span) found = found or kind(span) end })
  return found
end

local function is_strip(span) return span.classes:includes("strip") end

-- What a cell takes in a line: its text, or a strip's width in characters.
local function text_of(cell, strips)
  local strip = strips and has_span(cell.contents, is_strip)
  return strip and string.rep("x", STRIP_CHARS) or pandoc.utils.stringify(cell.contents)
end

local function rows_of(tbl)
  local rows = pandoc.List({})
  rows:extend(tbl.head.rows)
  for _, body in ipairs(tbl.bodies) do rows:extend(body.body) end
  return rows
end

-- Calls `each` with every cell's column, row, text and contents, and how much wider than regular its letters are.
local function visit(tbl, each)
  local rows, heads, strips = rows_of(tbl), #tbl.head.rows, has_span(tbl, is_strip)
  for place, row in ipairs(rows) do
    local weight = place <= heads and BOLD or 1
    for i, cell in ipairs(row.cells) do each(i, place, text_of(cell, strips), cell.contents, weight) end
  end
  return #rows
end

-- The longest cell of each column, in characters.
function measure.longest(tbl)
  local longest = {}
  for i = 1, #tbl.colspecs do longest[i] = 1 end
  visit(tbl, function(i, _, text, _, weight) longest[i] = math.max(longest[i], (utf8.len(text) or #text) * weight) end)
  return longest
end

-- The longest part of a cell that stays in one line: a word, or a badge as a whole.
local function longest_word(pieces, contents, badges)
  local longest = 0
  for _, piece in ipairs(pieces) do longest = math.max(longest, piece[1]) end
  if badges then
    contents:walk({ Span = function(span)
      if measure.is_whole(span) then longest = math.max(longest, BOLD * wrap.width(pandoc.utils.stringify(span.content))) end
    end })
  end
  return longest + SLACK
end

-- One record per column: its widest cell, its longest word, and its cells as pieces of lines.
function measure.columns(tbl)
  local columns = {}
  for i = 1, #tbl.colspecs do columns[i] = { wide = 1, word = 1, cells = {} } end
  local badges = has_span(tbl, measure.is_whole)
  local rows = visit(tbl, function(i, place, text, contents, weight)
    local column, pieces = columns[i], wrap.pieces(text, 1)
    column.wide = math.max(column.wide, wrap.width(text) * weight)
    column.word = math.max(column.word, longest_word(pieces, contents, badges) * weight)
    column.cells[place] = weight == 1 and pieces or wrap.pieces(text, weight)
  end)
  return columns, rows
end

local function sum(columns, key)
  local total = 0
  for _, column in ipairs(columns) do total = total + column[key] + GUTTER_CHARS end
  return total
end

-- Widths as parts of one: each column holds its longest word, and the rest of the line goes where it makes the rows lowest.
local function shares(columns, capacity)
  local cells, least, most = {}, {}, {}
  for i, column in ipairs(columns) do cells[i], least[i], most[i] = column.cells, column.word, math.ceil(column.wide + SLACK) end
  local widths, total = wrap.widths(cells, least, most, math.floor(capacity - GUTTER_CHARS * #columns)), 0
  for i, width in ipairs(widths) do widths[i], total = width + GUTTER_CHARS, total + width + GUTTER_CHARS end
  return pandoc.List(widths):map(function(width) return width / math.max(total, capacity) end)
end

-- Font size in pt and, where the table must wrap, the relative column widths.
function measure.fit(columns)
  for _, size in ipairs(SIZES) do
    if sum(columns, "wide") <= PAGE_CHARS * 10 / size then return size, nil end
  end
  local size = SIZES[#SIZES]
  for _, candidate in ipairs(SIZES) do
    if candidate < SIZES[1] and #columns <= 6 and sum(columns, "word") <= PAGE_CHARS * 10 / candidate then size = candidate break end
  end
  return size, shares(columns, PAGE_CHARS * 10 / size)
end

-- How many lines the first rows of a table are high together, its header among them; `widths` are none where no cell wraps.
function measure.first_lines(columns, size, widths, rows)
  local total = 0
  for place = 1, rows do
    local highest = 1
    for i, column in ipairs(columns) do
      local room = widths and widths[i] * PAGE_CHARS * 10 / size - GUTTER_CHARS or math.huge
      highest = math.max(highest, wrap.lines(column.cells[place], room))
    end
    total = total + highest
  end
  return total
end

-- How many cells of a row, from the left, say what it is about: one, or as many as the class `heads-N` says.
function measure.heads(tbl)
  for _, class in ipairs(tbl.classes) do
    local count = class:match("^heads%-(%d)$")
    if count then return tonumber(count) end
  end
  return 1
end

function measure.is_long(cell) return cell > LONG_CELL end

-- A badge that is short enough to stay in one line.
function measure.is_whole(span)
  for _, class in ipairs(span.classes) do
    if measure.BADGES[class] then return (utf8.len(pandoc.utils.stringify(span.content)) or 0) <= WHOLE end
  end
  return false
end

return measure
