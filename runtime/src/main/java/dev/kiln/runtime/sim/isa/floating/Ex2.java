package dev.kiln.runtime.sim.isa.floating;

/** Constants of the polynomial for 2^r, |r| at most a half: ln(2)^i / i!. */
public final class Ex2 {
  /** Added and taken away, it leaves the nearest integer. */
  public static final float ROUND = 0x1.8p23f;

  public static final float C1 = coefficient(1);
  public static final float C2 = coefficient(2);
  public static final float C3 = coefficient(3);
  public static final float C4 = coefficient(4);
  public static final float C5 = coefficient(5);
  public static final float C6 = coefficient(6);
  public static final float C7 = coefficient(7);

  private Ex2() {}

  private static float coefficient(int power) {
    double result = 1;
    for (int i = 1; i <= power; i++) {
      result *= StrictMath.log(2) / i;
    }
    return (float) result;
  }
}
