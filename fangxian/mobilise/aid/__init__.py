"""Aid deployments: batches sent elsewhere, standing programmes, their return."""
