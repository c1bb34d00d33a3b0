"""From values to text: cells, number formats, Markdown, strings per language, the style of figures."""
