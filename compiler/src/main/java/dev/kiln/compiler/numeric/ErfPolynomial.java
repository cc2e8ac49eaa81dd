package dev.kiln.compiler.numeric;

/**
 * The rational functions of fdlibm's s_erf.c (Sun Microsystems, 1993): numerators, each followed by
 * its denominator.
 */
public enum ErfPolynomial {
  /** Of {@code x^2}, {@code |x| < 0.84375}: {@code (erf(x) - x) / x}. */
  NEAR(
      -2.37630166566501626084e-05,
      -5.77027029648944159157e-03,
      -2.84817495755985104766e-02,
      -3.25042107247001499370e-01,
      1.28379167095512558561e-01),
  NEAR_BELOW(
      -3.96022827877536812320e-06,
      1.32494738004321644526e-04,
      5.08130628187576562776e-03,
      6.50222499887672944485e-02,
      3.97917223959155352819e-01,
      1),
  /** Of {@code |x| - 1}, up to 1.25: {@code erf(x) - erf(1)}. */
  ONE(
      -2.16637559486879084300e-03,
      3.54783043256182359371e-02,
      -1.10894694282396677476e-01,
      3.18346619901161753674e-01,
      -3.72207876035701323847e-01,
      4.14856118683748331666e-01,
      -2.36211856075265944077e-03),
  ONE_BELOW(
      1.19844998467991074170e-02,
      1.36370839120290507362e-02,
      1.26171219808761642112e-01,
      7.18286544141962662868e-02,
      5.40397917702171048937e-01,
      1.06420880400844228286e-01,
      1),
  /** Of {@code 1 / x^2}, up to 1 / 0.35: {@code log(x erfc(x)) + x^2 + 0.5625}. */
  MIDDLE(
      -9.81432934416914548592e+00,
      -8.12874355063065934246e+01,
      -1.84605092906711035994e+02,
      -1.62396669462573470355e+02,
      -6.23753324503260060396e+01,
      -1.05586262253232909814e+01,
      -6.93858572707181764372e-01,
      -9.86494403484714822705e-03),
  MIDDLE_BELOW(
      -6.04244152148580987438e-02,
      6.57024977031928170135e+00,
      1.08635005541779435134e+02,
      4.29008140027567833386e+02,
      6.45387271733267880336e+02,
      4.34565877475229228821e+02,
      1.37657754143519042600e+02,
      1.96512716674392571292e+01,
      1),
  /** The same, up to 6. */
  FAR(
      -4.83519191608651397019e+02,
      -1.02509513161107724954e+03,
      -6.37566443368389627722e+02,
      -1.60636384855821916062e+02,
      -1.77579549177547519889e+01,
      -7.99283237680523006574e-01,
      -9.86494292470009928597e-03),
  FAR_BELOW(
      -2.24409524465858183362e+01,
      4.74528541206955367215e+02,
      2.55305040643316442583e+03,
      3.19985821950859553908e+03,
      1.53672958608443695994e+03,
      3.25792512996573918826e+02,
      3.03380607434824582924e+01,
      1);

  /** Where the pieces end. */
  public static final double NEAR_END = 0.84375;

  public static final double ONE_END = 1.25;
  public static final double MIDDLE_END = 1 / 0.35;

  /** From here on erf is 1 in a double. */
  public static final double FAR_END = 6;

  /** erf(1), rounded to 24 bits. */
  public static final double AT_ONE = 8.45062911510467529297e-01;

  private final double[] coefficients;

  ErfPolynomial(double... coefficients) {
    this.coefficients = coefficients;
  }

  /** Of the highest power first. */
  public double[] coefficients() {
    return coefficients.clone();
  }

  double at(double x) {
    double sum = coefficients[0];
    for (int i = 1; i < coefficients.length; i++) {
      sum = Math.fma(sum, x, coefficients[i]);
    }
    return sum;
  }
}
