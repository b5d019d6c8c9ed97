//! A guest for tests: its memory, and what its exports do, written in Rust.

use crate::abi::{AbiCall, GuestExport, GuestMemory, HostCalls, OutOfBounds, SeenCall, Step};
use crate::error::HostError;
use crate::handle::GuestId;
use crate::host::Crossing;
use crate::value::Value;
use crate::wire;

/// Plain bytes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Memory(pub(crate) Vec<u8>);

impl Memory {
    pub(crate) fn filled(byte: u8, size: usize) -> Self {
        Self(vec![byte; size])
    }
}

impl GuestMemory for Memory {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn read(&self, at: u32, out: &mut [u8]) -> Result<(), OutOfBounds> {
        super::memory::read(&self.0, at, out)
    }

    fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), OutOfBounds> {
        self.0.as_mut_slice().write(at, bytes)
    }
}

/// What the guest does when one of its objects is called: its number, and the message of the arguments. It gives the
/// message of its answer, or of its error.
pub(crate) type Called = fn(&mut Habitat, u32, Vec<u8>) -> Result<Vec<u8>, Vec<u8>>;

/// A run with one guest.
pub(crate) struct Habitat {
    pub(crate) calls: HostCalls,
    pub(crate) memory: Memory,
    pub(crate) called: Called,
    /// The guest's objects that the host let go.
    pub(crate) released: Vec<u32>,
    /// The calls that were told; none if the run is not watched.
    pub(crate) told: Option<Vec<SeenCall>>,
}

impl Habitat {
    /// Where the guest takes messages.
    const ROOM: u32 = 4096;

    pub(crate) fn new(calls: HostCalls) -> Self {
        Self {
            calls,
            memory: Memory::filled(0xAA, 16384),
            called: |_, _, _| Err(Vec::new()),
            released: Vec::new(),
            told: None,
        }
    }

    /// A call of the import module, the whole way.
    pub(crate) fn dispatch(&mut self, call: AbiCall, args: &[i32]) -> i32 {
        match self.calls.begin(GuestId::PROGRAM, &mut self.memory, call, args) {
            Step::Done(answer) => answer,
            Step::Invoke(invocation) => invocation.serve(self),
        }
    }

    /// A call of a host function with this message, as the guest's bridge makes it: the reply's message, or the error's.
    pub(crate) fn call(&mut self, call: AbiCall, number: u32, message: &[u8]) -> Result<Vec<u8>, Vec<u8>> {
        self.memory.write(64, message).expect("small");
        let length = i32::try_from(message.len()).expect("small");
        let answer = self.dispatch(call, &[number.cast_signed(), 64, length, 1024, 1024]);
        if answer >= 0 {
            return Ok(self.memory.copy(1024, answer.cast_unsigned()).expect("it fits"));
        }
        let length = -(answer + 1);
        assert_eq!(self.dispatch(AbiCall::ReplyTake, &[1024, length]), length);
        Err(self.memory.copy(1024, length.cast_unsigned()).expect("it fits"))
    }
}

impl Crossing for Habitat {
    fn with(&mut self, _: GuestId, act: &mut dyn FnMut(&mut HostCalls, &mut dyn GuestMemory)) -> Result<(), HostError> {
        act(&mut self.calls, &mut self.memory);
        Ok(())
    }

    fn enter(&mut self, _: GuestId, export: GuestExport, core: &mut [u64]) -> Result<(), HostError> {
        let word = |at: usize| u32::try_from(core[at]).expect("a wasm32 number");
        if export == GuestExport::Room {
            core[0] = Self::ROOM.into();
        } else if export == GuestExport::Release {
            self.released.push(word(0));
        } else if export == GuestExport::CallObject {
            let message = self.memory.copy(Self::ROOM, word(1)).expect("it was written");
            let called = self.called;
            let answer = called(self, word(0), message);
            let (failed, message) = answer.map_or_else(|error| (1 << 63, error), |reply| (0, reply));
            self.memory.write(Self::ROOM, &message).expect("small");
            core[0] = u64::from(Self::ROOM) | (message.len() as u64) << 32 | failed;
        } else {
            return Err(HostError::host("the guest trapped"));
        }
        Ok(())
    }

    fn watch(&mut self) -> Option<u64> {
        self.told.as_ref().map(|_| 0)
    }

    fn tell(&mut self, call: SeenCall, _: u64) {
        self.told.get_or_insert_default().push(call);
    }
}

/// The message of a tuple.
pub(crate) fn tuple(args: Vec<Value>) -> Vec<u8> {
    let mut bytes = Vec::new();
    wire::encode(&Value::Tuple(args), &mut bytes).expect("fits");
    bytes
}
