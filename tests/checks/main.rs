//! The checks of the course as a whole.
