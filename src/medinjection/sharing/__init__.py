"""What leaves the site: answers without the texts of questions that may not be given away, and a run as a bundle."""
