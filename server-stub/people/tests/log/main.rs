//! The access log on a real disk: written, killed, torn, edited, rolled back and full.

mod crash;
mod damage;
mod erase;
mod fixture;
mod full;
mod life;
