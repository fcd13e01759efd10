//! Interleave: two processes of one program, in every order of their stores to a shared file.
