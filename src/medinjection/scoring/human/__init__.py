"""Human review of open answers: which are shown, what raters said of them, and how far raters agree."""
