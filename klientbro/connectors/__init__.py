"""One folder per accounting system, and the contract they all meet. Imports only domain and lib."""
