"""Steps of a calibration: each a lazy transformation of a cube of light."""
