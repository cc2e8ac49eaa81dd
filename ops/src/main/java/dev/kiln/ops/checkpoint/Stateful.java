package dev.kiln.ops.checkpoint;

/** Something that goes on where it was after {@link #load} of what {@link #save} wrote. */
public interface Stateful {
  /** Names everything that decides what happens next. Nothing may be changed. */
  void save(StateWriter out);

  /**
   * Takes over a state.
   *
   * @throws dev.kiln.runtime.KilnException if something is missing or does not fit
   */
  void load(StateReader in);
}
