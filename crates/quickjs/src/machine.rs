//! One engine: made, entered by any call at any depth, kept in its limits, let go. This file never knows what is called.

use std::cell::Cell;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use amphi_core::Cx;
use amphi_core::javascript::Table;
use rquickjs::{Context, Ctx, Runtime, qjs};

use crate::World;
use crate::engine::Js;
use crate::lent::{self, Entered};

/// Bytes of the thread's stack that each entry may use. A test's thread has two MiB in all.
const STACK: usize = 512 << 10;
/// What has to stay of the thread's stack, for what the engine calls.
const MARGIN: usize = 256 << 10;

/// An engine with one host module in it.
pub(crate) struct Machine {
    context: Context,
    pub(crate) world: World,
    /// What its JavaScript holds of Python's.
    pub(crate) table: Table,
    /// What Python held of its JavaScript, and no longer does.
    released: Mutex<Vec<u32>>,
    pub(crate) began: Instant,
}

impl Machine {
    /// An engine in which nothing has run.
    ///
    /// # Errors
    /// There is no memory for it.
    pub(crate) fn new(world: World) -> rquickjs::Result<Arc<Self>> {
        let runtime = Runtime::new()?;
        // 0 would be no limit at all.
        runtime.set_memory_limit(usize::try_from(world.memory_bytes).unwrap_or(usize::MAX).max(1));
        runtime.set_max_stack_size(STACK);
        let interrupted = world.interrupted.clone();
        runtime.set_interrupt_handler(Some(Box::new(move || interrupted())));
        let context = Context::full(&runtime)?;
        let (table, released) = (Table::default(), Mutex::default());
        Ok(Arc::new(Self { context, world, table, released, began: Instant::now() }))
    }

    /// Python no longer holds the thing of that number. JavaScript hears of it when it is next entered: whoever lets go
    /// may be anywhere.
    pub(crate) fn release(&self, number: u32) {
        self.released.lock().unwrap_or_else(PoisonError::into_inner).push(number);
    }

    /// What was released since the last time.
    pub(crate) fn released(&self) -> Vec<u32> {
        std::mem::take(&mut *self.released.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Acts in the engine; `cx` is the call that is under way, if one is. Another thread waits until this one has left.
    pub(crate) fn enter<T>(
        self: &Arc<Self>,
        cx: Option<&mut Cx<'_>>,
        act: impl for<'js> FnOnce(&Js<'js>) -> T,
    ) -> Option<T> {
        let (mut act, mut done) = (Some(act), None);
        let mut act = |ctx: &Ctx<'_>| done = act.take().map(|act| act(&Js::new(ctx, self)));
        lent::lend(cx, || {
            lent::with_entered(|entered| match find(entered, self) {
                Some(entered) => entered.act(&mut act),
                None => self.context.with(|ctx| {
                    let room = Cell::new(STACK);
                    let here = Here { machine: self, ctx: &ctx, outer: entered, top: address(), room };
                    here.set_room(room_here());
                    lent::enter(&here, || act(&ctx));
                }),
            });
        });
        done
    }
}

/// The entry of a machine, if it is among those that are entered.
fn find<'a>(entered: Option<&'a dyn Entered>, machine: &Machine) -> Option<&'a dyn Entered> {
    let mut next = entered;
    while let Some(entered) = next {
        if entered.is(machine) {
            return Some(entered);
        }
        next = entered.outer();
    }
    None
}

/// An entry.
struct Here<'a, 'js> {
    machine: &'a Machine,
    ctx: &'a Ctx<'js>,
    outer: Option<&'a dyn Entered>,
    /// Where the stack was when it was entered.
    top: usize,
    /// How far below that it may go.
    room: Cell<usize>,
}

impl Here<'_, '_> {
    #[expect(unsafe_code, reason = "the engine's own call locks what is locked already while it is entered")]
    fn set_room(&self, room: usize) {
        self.room.set(room);
        // SAFETY: the context is alive, and so its runtime; it is entered, so no other thread is in it.
        unsafe { qjs::JS_SetMaxStackSize(qjs::JS_GetRuntime(self.ctx.as_raw().as_ptr()), room as qjs::size_t) };
    }
}

impl Entered for Here<'_, '_> {
    fn is(&self, machine: &Machine) -> bool {
        std::ptr::eq(self.machine, machine)
    }

    fn outer(&self) -> Option<&dyn Entered> {
        self.outer
    }

    /// What is between the entries is Python's, which has a limit of its own: each entry has the same room below it.
    fn act(&self, act: &mut dyn for<'js> FnMut(&Ctx<'js>)) {
        let before = self.room.get();
        self.set_room(self.top.saturating_sub(address()).saturating_add(room_here()));
        act(self.ctx);
        self.set_room(before);
    }
}

/// What an entry may use from here on. With none left the engine throws, and Python gets a RecursionError.
fn room_here() -> usize {
    stacker::remaining_stack().map_or(STACK, |left| left.saturating_sub(MARGIN).min(STACK))
}

/// About where the stack is; it grows downwards wherever wasmtime runs.
#[inline(never)]
fn address() -> usize {
    let here = 0_u8;
    std::ptr::from_ref(std::hint::black_box(&here)).addr()
}
