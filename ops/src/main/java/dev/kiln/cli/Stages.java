package dev.kiln.cli;

import java.util.List;

/** What the stages of a compilation make of a kernel; each is made when asked for. */
interface Stages {
  /** The stages that are text, in their order; the last is all there is before the binary. */
  List<String> texts();

  /** The last stage, which is no text. */
  String binary();

  /**
   * A stage as text, the binary one too.
   *
   * @throws UsageException if the binary has no text
   */
  String text(String stage);

  /** The binary. */
  byte[] bytes();

  /** What there is to know of the result, in one line. */
  String statistics();
}
