package dev.kiln.compiler.eval;

/** Which program of a launch. */
public record ProgramId(int x, int y, int z) {
  public static final ProgramId FIRST = new ProgramId(0, 0, 0);

  @Override
  public String toString() {
    return "(" + x + ", " + y + ", " + z + ")";
  }
}
