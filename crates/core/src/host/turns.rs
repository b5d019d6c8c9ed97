//! Whose turn it is: of all guests of a run one runs, and those that entered it through the host wait. This file never
//! knows what a guest is.

use crate::error::HostError;
use crate::handle::GuestId;

/// The guests of a run by their numbers.
#[derive(Debug)]
pub struct Turns<G> {
    id: GuestId,
    now: Box<G>,
    /// All but the one whose turn it is.
    waiting: Vec<Option<Box<G>>>,
}

impl<G> Turns<G> {
    /// The program's own guest has the first turn; the others have the numbers after it.
    pub fn new(program: G, others: impl IntoIterator<Item = G>) -> Self {
        let others = others.into_iter().map(|guest| Some(Box::new(guest)));
        let waiting = std::iter::once(None).chain(others).collect();
        Self { id: GuestId::PROGRAM, now: Box::new(program), waiting }
    }

    /// One guest more, with the number after the last.
    pub fn push(&mut self, guest: G) {
        self.waiting.push(Some(Box::new(guest)));
    }

    /// Which guest has its turn.
    #[must_use]
    pub fn id(&self) -> GuestId {
        self.id
    }

    /// The guest whose turn it is.
    #[must_use]
    pub fn now(&self) -> &G {
        &self.now
    }

    /// The same, to be changed.
    pub fn now_mut(&mut self) -> &mut G {
        &mut self.now
    }

    /// Gives a guest its turn, and gives back whose turn it was.
    ///
    /// # Errors
    /// There is no such guest.
    pub fn to(&mut self, id: GuestId) -> Result<GuestId, HostError> {
        let from = self.id;
        if from == id {
            return Ok(from);
        }
        let next = self.waiting.get_mut(id.0 as usize).and_then(Option::take);
        let next = next.ok_or_else(|| HostError::host(format!("there is no guest {}", id.0)))?;
        let before = std::mem::replace(&mut self.now, next);
        if let Some(place) = self.waiting.get_mut(from.0 as usize) {
            *place = Some(before);
        }
        self.id = id;
        Ok(from)
    }

    /// All guests by their numbers.
    pub fn all(&self) -> impl Iterator<Item = &G> {
        self.waiting.iter().map(|guest| guest.as_deref().unwrap_or(&self.now))
    }

    /// All guests, to be changed, the one whose turn it is first.
    pub fn all_mut(&mut self) -> impl Iterator<Item = &mut G> {
        std::iter::once(&mut *self.now).chain(self.waiting.iter_mut().flatten().map(|guest| &mut **guest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_guest_has_its_turn_and_the_others_keep_their_places() {
        let mut turns = Turns::new('a', ['b', 'c']);
        assert_eq!(turns.to(GuestId(2)), Ok(GuestId::PROGRAM));
        *turns.now_mut() = 'd';
        assert_eq!((turns.id(), turns.now()), (GuestId(2), &'d'));
        assert_eq!(turns.to(GuestId(1)), Ok(GuestId(2)));
        assert_eq!(turns.all().collect::<String>(), "abd");
        assert_eq!(turns.to(GuestId(1)), Ok(GuestId(1)));
        let error = turns.to(GuestId(3)).expect_err("three guests");
        assert_eq!(error.to_string(), "HostError: there is no guest 3");
        assert_eq!((turns.to(GuestId::PROGRAM), turns.now()), (Ok(GuestId(1)), &'a'));
    }
}
