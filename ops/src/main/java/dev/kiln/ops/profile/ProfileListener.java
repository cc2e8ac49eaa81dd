package dev.kiln.ops.profile;

/** Hears how far a profile has come. */
public interface ProfileListener {
  /** A case begins. */
  default void started(OperationCase ofCase, int number, int count) {}

  /** A case is done. */
  default void finished(ProfileRow row, int number, int count) {}
}
