-- Into how many lines a cell breaks at a width, and the column widths at which a table's rows are lowest.

local wrap = {}

local LONG_WORD = 20   -- characters from which a word may break behind what it is made of, as settings and ids are
local MOST_PIECES = 2000
local AVERAGE = 0.51   -- em: what a character counts as, in Libertinus Serif
local WIDTHS = {       -- em: what others take there
  [0.24] = " '|,.:;l\u{a0}\u{202f}",
  [0.31] = "ij{}!\\()If/Jt\"-[]*r",
  [0.45] = "`s?zceé~#$0123456789aãFS_b",
  [0.57] = "PhnET+<=>Y×±−BRZ†",
  [0.68] = "VK%CUXAG&NDOQH",
  [0.8] = "…wmM@W",
}

local known = {}
for width, characters in pairs(WIDTHS) do
  for _, code in utf8.codes(characters) do known[code] = width / AVERAGE end
end

-- How many average characters a text is wide.
function wrap.width(text)
  local total = 0
  for _, code in utf8.codes(text) do total = total + (known[code] or 1) end
  return total
end

local SPACE = wrap.width(" ")

-- The parts of a word that no line break divides. A long one gets places for a break, and `made` is true; what is held
-- together by spaces that do not break, as an interval is, stays whole.
function wrap.parts(word)
  local made = #word > LONG_WORD and not word:match("[\x80-\xff]")
  local marked = word:gsub(made and "[/,=&_.-]" or "[/-]", "%0\0"):gsub("–", "%0\0") .. "\0"
  local out = {}
  for part in marked:gmatch("(%Z+)%z") do out[#out + 1] = part end
  return out, made
end

-- A cell as such parts: { width, whether a space stands before it }. Of a cell that fills pages the first thousands count.
function wrap.pieces(text, weight)
  local out = {}
  for word in text:gmatch("%S+") do
    if #out >= MOST_PIECES then break end
    for i, part in ipairs((wrap.parts(word))) do out[#out + 1] = { wrap.width(part) * weight, i == 1 } end
  end
  return out
end

-- The lines of a cell that is `width` characters wide, one at least: beside a word of thousands of characters no room is left.
function wrap.lines(pieces, width)
  local lines, used = 1, 0
  width = math.max(width, 1)
  for _, piece in ipairs(pieces) do
    local length, gap = piece[1], piece[2] and used > 0 and SPACE or 0
    if used > 0 and used + gap + length > width then lines, used, gap = lines + 1, 0, 0 end
    used = used + gap + length
    local more = math.max(math.ceil(used / width), 1) - 1  -- a piece that is longer than the line
    lines, used = lines + more, used - more * width
  end
  return lines
end

-- What `lines` gives, remembered: each width of each cell is asked for many times.
local function counted(cells)
  local known = {}
  return function(place, width)
    local key = place * 1000 + width
    known[key] = known[key] or wrap.lines(cells[place], width)
    return known[key]
  end
end

-- The fourth power of each row's lines, summed over its cells: the highest cell counts most, and one as high beside it too.
local function powers(count, widths, rows)
  local sums = {}
  for place = 1, rows do
    sums[place] = 0
    for i, width in ipairs(widths) do sums[place] = sums[place] + count[i](place, width) ^ 4 end
  end
  return sums
end

-- The lines that a column saves by being `more` characters wider.
local function saved(count, sums, width, more)
  local total = 0
  for place, sum in ipairs(sums) do
    local before, after = count(place, width), count(place, width + more)
    if after < before then total = total + sum ^ 0.25 - (sum - before ^ 4 + after ^ 4) ^ 0.25 end
  end
  return total
end

-- The step, of one column by some characters, that saves most lines for each of its characters; none where no step saves any.
local function best_step(count, widths, most, left, rows)
  local best, column, step = 0, nil, nil
  local sums = powers(count, widths, rows)
  for i, width in ipairs(widths) do
    for more = 1, math.min(left, most[i] - width) do
      local found = saved(count[i], sums, width, more) / more
      if found > best + 1e-9 then best, column, step = found, i, more end
    end
  end
  return column, step
end

-- Whole characters for each column: at least `least`, at most `most`, `room` together where that is enough for the least.
-- `columns` holds for each column its cells as pieces.
function wrap.widths(columns, least, most, room)
  local widths, left, count = {}, room, {}
  for i, cells in ipairs(columns) do
    widths[i], count[i] = math.ceil(least[i]), counted(cells)
    left = left - widths[i]
  end
  while left > 0 do
    local column, step = best_step(count, widths, most, left, #columns[1])
    if not column then break end
    widths[column], left = widths[column] + step, left - step
  end
  return widths
end

return wrap
