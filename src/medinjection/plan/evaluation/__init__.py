"""What is scored and reviewed, and the models that scoring needs: files and flags."""
