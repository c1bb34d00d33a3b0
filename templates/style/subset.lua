-- Holds the source to the subset that pandoc and Quarto read alike, and brings alt texts and callout titles into one form.

package.path = pandoc.path.join({ pandoc.path.directory(PANDOC_SCRIPT_FILE), "?.lua" })
local source = require("source")

-- What an element may carry; anything else, such as an event handler or a style, stops the run: no text of a record gets here
-- as markup, so that it is a fault of a template or of the escaping.
local ATTRIBUTES = { record = true, seeds = true, source = true, alt = true, ["fig-alt"] = true, title = true, collapse = true, width = true, lang = true, marks = true }
local FIGURES = "^figures/[%w._-]+$"
local LINKS = { "^#", "^https://", "^%.%./records/" }

local CALLOUTS = { note = true, warning = true, tip = true, important = true, caution = true }

local function raw(element)
  if element.format:match("^html") and element.text:match("^%s*<!%-%-") then return {} end
  local shown = element.text:match("^%s*([^\n]*)")
  source.problem(source.line_of(shown), "raw " .. element.format .. " in the text: " .. shown, "write it as Markdown, a span or a div")
end

local function allowed(element)
  for name in pairs(element.attributes) do
    if not ATTRIBUTES[name] then
      source.problem(source.line_of(name .. "="), "the attribute " .. name .. " is not allowed", "leave it out")
    end
  end
end

local function link(element)
  allowed(element)
  for _, pattern in ipairs(LINKS) do if element.target:match(pattern) then return end end
  source.problem(source.line_of(element.target), "the link " .. element.target .. " leads elsewhere", "link to https, to a place in the report or to a record")
end

local function check_image_file(path)
  if not path:match(FIGURES) then
    source.problem(source.line_of(path), "the image " .. path .. " is not among the build's figures", "write it into the folder figures")
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
  allowed(element)
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
  allowed(element)
  local language = element.text:match("^{%a+}")
  if language then
    source.problem(source.line_of("```" .. language), "an executable cell", "compute it in the report and print the value")
  end
end

-- Escaped braces are text that looks like a shortcode; the source then has no such braces.
local function text(element)
  if element.text:match("{{<") then source.problem(source.line_of("{{<"), "a shortcode: " .. element.text, "write its value instead") end
end

-- Text that backticks could not hold came as a span.
local function span(element)
  allowed(element)
  if not element.classes:includes("code") then return end
  return pandoc.Code(pandoc.utils.stringify(element.content))
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
  allowed(div)
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
  local rules = {
    RawBlock = raw, RawInline = raw, Image = image, Code = code, Math = math, Div = callout, Span = span,
    Link = link, Header = allowed, CodeBlock = allowed, Figure = allowed, Table = allowed,
  }
  if source.has("{{<") then rules.Str = text end  -- few sources have one, and words are by far the most of all elements
  doc = doc:walk(rules)
  source.stop_if_wrong()
  return doc
end
