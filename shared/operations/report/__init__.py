"""The report for a business owner: `gathering.report` computes its figures, `page.render` makes the HTML page."""
