"""What the dashboard costs: in the browser, on the wire, and until a page is there."""
