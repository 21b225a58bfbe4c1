"""What a run is going to give, told before anything is fetched or paid."""
