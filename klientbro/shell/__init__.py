"""What every page is built from: base templates, components, filters, style and script."""
