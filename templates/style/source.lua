-- The qmd's own text: finds the line of an id or path, and collects what is wrong so that one run reports everything.

local source = {}

local problems = {}
local lines

local function read_lines()
  if lines then return lines end
  lines = {}
  local name = PANDOC_STATE.input_files[1]
  local file = name and io.open(name, "r")
  if file then
    for line in file:lines() do lines[#lines + 1] = line end
    file:close()
  end
  return lines
end

-- Line number of the nth plain occurrence of needle, 0 where there is none. An id is not found inside a longer id.
function source.line_of(needle, nth)
  local left = nth or 1
  for number, line in ipairs(read_lines()) do
    local from, to = line:find(needle, 1, true)
    while from do
      if not (needle:match("%w$") and line:sub(to + 1):match("^[%w_-]")) then left = left - 1 end
      if left == 0 then return number end
      from, to = line:find(needle, to + 1, true)
    end
  end
  return 0
end

function source.has(needle) return source.line_of(needle) > 0 end

-- The names of all marks in the source, each as often as it stands there.
function source.marks()
  local found = {}
  for _, line in ipairs(read_lines()) do
    for name in line:gmatch("{#([%w_-]+)") do found[name] = (found[name] or 0) + 1 end
  end
  return found
end

function source.problem(line, message, cure)
  problems[#problems + 1] = string.format("qmd-problem\t%d\t%s\t%s", line, message, cure)
end

-- Ends the run where a problem was found; the caller of pandoc reads the tab-separated lines.
function source.stop_if_wrong()
  if #problems == 0 then return end
  io.stderr:write(table.concat(problems, "\n"), "\n")
  error("the source has problems", 0)
end

return source
