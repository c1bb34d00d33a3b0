-- Says a formula in words: the alternative text that screen readers read instead of TeX.

local spoken = {}

-- Commands that stand for a word; those that only set spaces or sizes say nothing. `labels` has the words by language.
local SILENT = { left = true, right = true, quad = true, qquad = true, limits = true, displaystyle = true, mathrm = true, mathbf = true, text = true, operatorname = true, mathit = true }
local SIGNS = { ["="] = "equals", ["+"] = "plus", ["-"] = "minus", ["<"] = "less", [">"] = "greater" }
local ACCENTS = { hat = "hat", tilde = "tilde", bar = "bar" }

local function group(text, place)
  if text:sub(place, place) ~= "{" then
    local command = text:match("^\\%a+", place)
    local taken = command or utf8.char(utf8.codepoint(text, place))
    return taken, place + #taken
  end
  local depth = 0
  for at = place, #text do
    local sign = text:sub(at, at)
    if sign == "{" then depth = depth + 1 elseif sign == "}" then depth = depth - 1 end
    if depth == 0 then return text:sub(place + 1, at - 1), at + 1 end
  end
  return text:sub(place + 1), #text + 1
end

local function argument(text, place)
  return group(text, text:find("%S", place) or place)
end

local say

local function command(text, place, words, out)
  local name = text:match("^\\(%a+)", place)
  if not name then return place + 2 end -- \, and its like are spaces
  local after = place + #name + 1
  if name == "frac" then
    local top, bottom
    top, after = argument(text, after)
    bottom, after = argument(text, after)
    out[#out + 1] = say(top, words) .. " " .. words.over .. " " .. say(bottom, words)
  elseif name == "sqrt" then
    local inside
    inside, after = argument(text, after)
    out[#out + 1] = words.root .. " " .. say(inside, words)
  elseif ACCENTS[name] then
    local inside
    inside, after = argument(text, after)
    out[#out + 1] = say(inside, words) .. " " .. words[ACCENTS[name]]
  elseif name == "mathcal" or name == "mathbb" then
    local inside
    inside, after = argument(text, after)
    out[#out + 1] = words.script .. " " .. inside
  elseif not SILENT[name] then
    out[#out + 1] = words["tex_" .. name] or name
  end
  return after
end

say = function(text, words)
  local out, place = {}, 1
  while place <= #text do
    local sign = text:sub(place, place)
    if sign == "\\" then
      place = command(text, place, words, out)
    elseif sign == "^" or sign == "_" then
      local inside
      inside, place = argument(text, place + 1)
      local last = out[#out]
      if sign == "^" and inside == "2" then out[#out + 1] = words.squared
      elseif last == words.tex_sum then out[#out + 1] = (sign == "^" and words.to or words.from) .. " " .. say(inside, words)
      else out[#out + 1] = (sign == "^" and words.power or words.sub) .. " " .. say(inside, words) end
      if last == words.tex_sum and text:match("^[%^_]", place) then
        local other = text:sub(place, place)
        inside, place = argument(text, place + 1)
        out[#out + 1] = (other == "^" and words.to or words.from) .. " " .. say(inside, words)
      end
    elseif SIGNS[sign] then
      out[#out + 1] = words[SIGNS[sign]]
      place = place + 1
    elseif sign:match("[%s{}]") then
      place = place + 1
    elseif sign:match("%a") then
      local letters = text:match("^%a+", place)
      -- Letters side by side are a word in \mathrm and a product elsewhere; both are read one by one or whole by length.
      out[#out + 1] = letters
      place = place + #letters
    else
      local run = text:match("^[%d.]+", place) or utf8.char(utf8.codepoint(text, place))
      out[#out + 1] = run
      place = place + #run
    end
  end
  return (table.concat(out, " "):gsub("%s+", " "):gsub("([%(%[]) ", "%1"):gsub(" ([%)%],;.])", "%1"))
end

-- `words` are the labels whose names begin with spoken_, without that beginning.
function spoken.formula(text, words) return say(text, words) end

function spoken.words(labels)
  local words = {}
  for key, value in pairs(labels) do
    local name = key:match("^spoken_(.+)$")
    if name then words[name] = value end
  end
  return words
end

return spoken
