"""The DAG screen: one run as a live tree, its times beside it, boxes when it is small."""
