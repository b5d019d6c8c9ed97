//! The project's own chores: `cargo xtask setup`, `play`, `test`, `cpython-tests`, `fuzz`, `bench`, `dist`, `tidy`.
//! Must never know an engine or a habitat: it starts the programs that do.

use std::process::ExitCode;

use clap::Parser;

mod bench;
mod cpython_tests;
mod dist;
mod fuzz;
mod places;
mod plan;
mod play;
mod process;
mod screen;
mod setup;
mod test;
mod tidy;

/// The project's own chores.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Debug, clap::Subcommand)]
enum Chore {
    Setup(setup::Setup),
    Play(play::Play),
    Test(test::Test),
    CpythonTests(cpython_tests::CpythonTests),
    Fuzz(fuzz::Fuzz),
    Bench(bench::Bench),
    Dist(dist::Dist),
    Tidy(tidy::Tidy),
}

fn main() -> ExitCode {
    let done = match Arguments::parse().chore {
        Chore::Setup(setup) => setup.run(),
        Chore::Play(play) => play.run(),
        Chore::Test(test) => test.run(),
        Chore::CpythonTests(tests) => tests.run(),
        Chore::Fuzz(fuzz) => fuzz.run(),
        Chore::Bench(bench) => bench.run(),
        Chore::Dist(dist) => dist.run(),
        Chore::Tidy(tidy) => tidy.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            screen::say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
