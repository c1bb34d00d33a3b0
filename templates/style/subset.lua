-- Holds the source to the subset that pandoc and Quarto read alike, and brings alt texts and callout titles into one form.

package.path = pandoc.path.join({ pandoc.path.directory(PANDOC_SCRIPT_FILE), "?.lua" })
local source = require("source")

local CALLOUTS = { note = true, warning = true, tip = true, important = true, caution = true }

local function raw(element)
  if element.format:match("^html") and element.text:match("^%s*<!%-%-") then return {} end
  local shown = element.text:match("^%s*([^\n]*)")
  source.problem(source.line_of(shown), "raw " .. element.format .. " in the text: " .. shown, "write it as Markdown, a span or a div")
end

local function check_image_file(path)
  if path:match("^%a[%w+.-]*:") or path:match("^//") then
    source.problem(source.line_of(path), "the image " .. path .. " is remote", "put the file beside the source")
    return
  end
  local file = io.open(path, "rb")
  if file then
    file:close()
  else
    source.problem(source.line_of(path), "the image " .. path .. " is missing", "write the figure before rendering")
  end
end

local function image(element)
  check_image_file(element.src)
  local alt = element.attributes["fig-alt"] or element.attributes.alt or ""
  if alt:match("^%s*$") then
    source.problem(source.line_of(element.src), "the image " .. element.src .. " has no alt text", 'add fig-alt="what it shows"')
  end
  element.attributes["fig-alt"] = nil
  element.attributes.alt = alt
  return element
end

-- pandoc reads a block that opens with ```{python} as code inside a line.
local function code(element)
  local language = element.text:match("^{%a+}")
  if language then
    source.problem(source.line_of("```" .. language), "an executable cell", "compute it in the report and print the value")
  end
end

local function text(element)
  if element.text:match("{{<") then
    source.problem(source.line_of(element.text), "a shortcode: " .. element.text, "write its value instead")
  end
end

local function math(element)
  local spelled = element.text:match("\\[bB]igg?[lrm]?%f[^%a]") or element.text:match("{,}")
  if spelled then
    source.problem(source.line_of(spelled), "math that Typst sets badly: " .. spelled, "use \\left( \\right), or plain numbers outside of math")
  end
end

local function callout_kind(div)
  for _, class in ipairs(div.classes) do
    local kind = class:match("^callout%-(%a+)$")
    if kind then return kind end
  end
end

-- A leading heading is the callout's title, as Quarto reads it; it is no section.
local function callout(div)
  local kind = callout_kind(div)
  if not kind then return end
  if not CALLOUTS[kind] then
    source.problem(source.line_of("callout-" .. kind), "unknown callout: " .. kind, "use note, tip, important, warning or caution")
  end
  local first = div.content[1]
  if first and first.t == "Header" then
    div.attributes.title = pandoc.utils.stringify(first.content)
    div.content:remove(1)
  end
  return div
end

function Pandoc(doc)
  doc = doc:walk({
    RawBlock = raw, RawInline = raw, Image = image, Code = code, Str = text, Math = math, Div = callout,
  })
  source.stop_if_wrong()
  return doc
end
