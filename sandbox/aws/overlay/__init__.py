"""The overlay: what moto does differently from AWS, put right from AWS's documentation."""
