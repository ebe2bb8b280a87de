"""The portal's views, one module a page or dialog."""
