"""What tests share: builders of records, samples of upstream files, servers, tiny models. No tests here."""
