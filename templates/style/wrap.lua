-- Into how many lines a cell breaks at a width, and the column widths at which a table's rows are lowest.

local wrap = {}

local LONG_WORD = 20   -- characters from which a word may break behind what it is made of, as settings and ids are
local NARROWER = 0.02  -- lines that a line less in a cell is worth where its row stays as high: it makes room for the next step

-- The parts of a word that no line break divides; where a long one has no place for a break, `made` is true and one is made.
function wrap.parts(word)
  local made = (utf8.len(word) or #word) > LONG_WORD
  local marked = word:gsub(made and "[/,=&_.-]" or "[/-]", "%0\0"):gsub("–", "%0\0") .. "\0"
  local out = {}
  for part in marked:gmatch("(%Z+)%z") do out[#out + 1] = part end
  return out, made
end

-- A cell as such parts: { characters, whether a space stands before it }.
function wrap.pieces(text, weight)
  local out = {}
  for word in text:gmatch("%S+") do
    for i, part in ipairs((wrap.parts(word))) do out[#out + 1] = { (utf8.len(part) or #part) * weight, i == 1 } end
  end
  return out
end

-- The lines of a cell that is `width` characters wide.
function wrap.lines(pieces, width)
  local lines, used = 1, 0
  for _, piece in ipairs(pieces) do
    local length, gap = piece[1], piece[2] and used > 0 and 1 or 0
    if used > 0 and used + gap + length > width then lines, used, gap = lines + 1, 0, 0 end
    used = used + gap + length
    while used > width do lines, used = lines + 1, used - width end  -- a piece that is longer than the line
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

-- The highest of a row's other cells, for each column and row.
local function others(count, widths, rows)
  local high = {}
  for i in ipairs(widths) do high[i] = {} end
  for place = 1, rows do
    local first, second, owner = 0, 0, 0
    for i, width in ipairs(widths) do
      local lines = count[i](place, width)
      if lines > first then first, second, owner = lines, first, i elseif lines > second then second = lines end
    end
    for i in ipairs(widths) do high[i][place] = i == owner and second or first end
  end
  return high
end

local function height(count, high, width, rows)
  local total = 0
  for place = 1, rows do
    local lines = count(place, width)
    total = total + math.max(lines, high[place]) + NARROWER * lines
  end
  return total
end

-- The step, of one column by some characters, that saves most lines for each of its characters; none where no step saves any.
local function best_step(count, widths, most, left, rows)
  local best, column, step = 0, nil, nil
  local high = others(count, widths, rows)
  for i, width in ipairs(widths) do
    local now = height(count[i], high[i], width, rows)
    for more = 1, math.min(left, most[i] - width) do
      local saved = (now - height(count[i], high[i], width + more, rows)) / more
      if saved > best + 1e-9 then best, column, step = saved, i, more end
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
