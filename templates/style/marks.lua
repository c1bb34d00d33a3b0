-- The marks of a strip or a tally, as `report/tables/claim_strip.py` and `report/sections/claims.py` write them.

local marks = {}

-- Each mark of a strip: its kind (b, p, i, d, l, r) and one or two places from 0 to 100.
function marks.of_strip(text)
  local found = {}
  for word in text:gmatch("%S+") do
    local kind, first, last = word:match("^([bpidlr])([%d.]+)%-?([%d.]*)$")
    if not kind then error("a strip has the mark " .. word) end
    found[#found + 1] = { kind = kind, first = tonumber(first), last = tonumber(last ~= "" and last or first) }
  end
  return found
end

-- The shares of a tally in percent, with the names of the verdicts that they belong to.
local VERDICTS = { "reproduced", "consistent", "refuted", "inconclusive", "not-comparable" }
function marks.of_tally(text)
  local found = {}
  for word in text:gmatch("%S+") do found[#found + 1] = { name = VERDICTS[#found + 1], share = tonumber(word) } end
  return found
end

return marks
