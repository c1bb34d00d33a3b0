-- How much text each column of a table holds, and from that its font size and column widths.

local measure = {}

local PAGE_CHARS = 92       -- Libertinus Serif at 10 pt on the 166 mm line; a table's figures and spaces average the same
local GUTTER_CHARS = 2.4    -- the cell inset of 6 pt on both sides, in characters
local SIZES = { 9, 8, 7 }   -- pt; below 7 pt print is no longer readable
local BOLD = 1.15           -- a bold header's width over the same words in regular
local FLOOR = 18            -- characters up to which a column does not wrap, in a table without prose
local PROSE = 18            -- characters that a column of prose has in a line, where it is not the only one
local LONG_CELL = 34        -- characters from which a cell is prose that should wrap

local STRIP_CHARS = 14      -- the width of a strip, 6.9 em in print, which is drawn in place of its words

-- What a cell takes in a line: its text, or a strip's width in characters.
local function text_of(cell)
  local strip
  cell.contents:walk({ Span = function(span) strip = strip or span.classes:includes("strip") end })
  return strip and string.rep("m", STRIP_CHARS) or pandoc.utils.stringify(cell.contents)
end

local function rows_of(tbl)
  local rows = pandoc.List({})
  rows:extend(tbl.head.rows)
  for _, body in ipairs(tbl.bodies) do rows:extend(body.body) end
  return rows
end

local function longest_word(text)
  local longest = 0
  for word in text:gmatch("[^%s/–-]+") do longest = math.max(longest, utf8.len(word) or #word) end
  return longest + 1
end

-- One record per column: the longest cell, the longest word (characters), the mean cell length.
function measure.columns(tbl)
  local columns = {}
  for i = 1, #tbl.colspecs do columns[i] = { cell = 1, word = 1, total = 0 } end
  local rows = rows_of(tbl)
  for place, row in ipairs(rows) do
    local weight = place <= #tbl.head.rows and BOLD or 1
    for i, cell in ipairs(row.cells) do
      local text = text_of(cell)
      local length = utf8.len(text) or #text
      local column = columns[i]
      column.cell = math.max(column.cell, length * weight)
      column.word = math.max(column.word, longest_word(text) * weight)
      column.total = column.total + length
    end
  end
  for _, column in ipairs(columns) do column.mean = column.total / math.max(1, #rows) end
  return columns, #rows
end

local function sum(columns, key)
  local total = 0
  for _, column in ipairs(columns) do total = total + column[key] + GUTTER_CHARS end
  return total
end

-- Widths as parts of one; where they are too much together, what is wider than its least width gives way first.
local function fractions(columns, widths, least, capacity)
  local total, slack = 0, {}
  local spare = 0
  for i, column in ipairs(columns) do
    slack[i] = math.max(0, widths[i] - (least[i] or column.word + GUTTER_CHARS))
    total, spare = total + widths[i], spare + slack[i]
  end
  local over = math.min(math.max(0, total - capacity), spare)
  if spare > 0 then
    for i in ipairs(columns) do widths[i] = widths[i] - over * slack[i] / spare end
  end
  for i in ipairs(columns) do widths[i] = widths[i] / (total - over) end
  return widths
end

-- Columns that fit their fair share keep their natural width; the others share the rest by the square root of their text.
local function shares(columns, capacity)
  local widths, open, left = {}, {}, capacity
  for i in ipairs(columns) do open[i] = true end
  local settled = true
  while settled do
    settled = false
    local waiting = 0
    for i in ipairs(columns) do if open[i] then waiting = waiting + 1 end end
    for i, column in ipairs(columns) do
      local natural = column.cell + GUTTER_CHARS
      if open[i] and waiting > 1 and natural <= left / waiting then
        widths[i], open[i], left, settled, waiting = natural, nil, left - natural, true, waiting - 1
      end
    end
  end
  local floor, weight, least = FLOOR, 0, {}
  for _, column in ipairs(columns) do if measure.is_long(column) then floor = 0 end end -- prose needs the room more
  for i, column in ipairs(columns) do if open[i] then weight = weight + math.sqrt(column.mean * column.cell) end end
  for i, column in ipairs(columns) do
    local wanted = column.cell <= floor and column.cell or measure.is_long(column) and math.max(column.word, PROSE) or column.word
    if open[i] then least[i] = wanted + GUTTER_CHARS end
    if open[i] then widths[i] = math.max(least[i], left * math.sqrt(column.mean * column.cell) / weight) end
  end
  return fractions(columns, widths, least, capacity)
end

-- Font size in pt and, where the table must wrap, the relative column widths.
function measure.fit(columns)
  for _, size in ipairs(SIZES) do
    if sum(columns, "cell") <= PAGE_CHARS * 10 / size then return size, nil end
  end
  local size = SIZES[#SIZES]
  for _, candidate in ipairs(SIZES) do
    if candidate < SIZES[1] and #columns <= 6 and sum(columns, "word") <= PAGE_CHARS * 10 / candidate then size = candidate break end
  end
  return size, shares(columns, PAGE_CHARS * 10 / size)
end

-- How many cells of a row, from the left, say what it is about: one, or as many as the class `heads-N` says.
function measure.heads(tbl)
  for _, class in ipairs(tbl.classes) do
    local count = class:match("^heads%-(%d)$")
    if count then return tonumber(count) end
  end
  return 1
end

function measure.is_long(column) return column.cell > LONG_CELL end

return measure
