"""The explorer: question by question, what each model answered; a static page with its data beside it."""
