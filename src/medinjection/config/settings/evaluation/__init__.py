"""Settings of what is evaluated, how it is asked, and how answers and translations are scored."""
