//! The page's entry: all of it is the library.

fn main() {
    amphi_web::open();
}
