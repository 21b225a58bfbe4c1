"""PubMed: lists of PMIDs, the citations behind them, and the client that downloads these."""
