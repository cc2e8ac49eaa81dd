package dev.kiln.compiler.numeric;

/**
 * Polynomials by which devices compute functions of {@code fp32}, each near 0. Those of the Cephes
 * library (single precision, S. Moshier), N. Juffa's form of erf, and for erf without an
 * exponential two that were fitted here.
 */
public enum SinglePolynomial {
  /** {@code (exp(r) - 1 - r) / r^2} for {@code |r| <= ln(2) / 2}. */
  EXP(
      1.9875691500e-4,
      1.3981999507e-3,
      8.3334519073e-3,
      4.1665795894e-2,
      1.6666665459e-1,
      5.0000001201e-1),
  /** {@code (log(1 + r) - r + r^2 / 2) / r^3} for {@code sqrt(1/2) <= 1 + r <= sqrt(2)}. */
  LOG(
      7.0376836292e-2,
      -1.1514610310e-1,
      1.1676998740e-1,
      -1.2420140846e-1,
      1.4249322787e-1,
      -1.6668057665e-1,
      2.0000714765e-1,
      -2.4999993993e-1,
      3.3333331174e-1),
  /** {@code (sin(r) - r) / r^3} in {@code r^2} for {@code |r| <= pi / 4}. */
  SIN(-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1),
  /** {@code (cos(r) - 1 + r^2 / 2) / r^4} in {@code r^2} for {@code |r| <= pi / 4}. */
  COS(2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2),
  /** {@code (tanh(x) - x) / x^3} in {@code x^2} for {@code |x| <= 0.625}. */
  TANH(-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1),
  /** {@code (erf(x) - x) / x} in {@code x^2} for {@code |x| <= 0.927734375}. */
  ERF(-5.96761703e-4, 4.99119423e-3, -2.67681349e-2, 1.12819925e-1, -3.76125336e-1, 1.28379166e-1),
  /** {@code log(1 - erf(t)) / t + 1} for {@code 0.927734375 <= t <= 4.5}. */
  ERF_TAIL(
      -1.72853470e-5,
      3.83197126e-4,
      -3.88396438e-3,
      2.42546219e-2,
      -1.06777877e-1,
      -6.34846687e-1,
      -1.28717512e-1),
  /**
   * {@code (erf(x) - x) / x} in {@code x^2} for {@code |x| <= 1.15}. Minimax, like {@link
   * #ERF_ROOT}: coefficients were rounded one by one, the lowest power first, and the others fitted
   * again.
   */
  ERF_NEAR(
      6.718953227391466e-05,
      -7.631028420291841e-04,
      5.140212364494801e-03,
      -2.682517282664776e-02,
      1.1282794177532196e-01,
      -3.7612542510032654e-01,
      1.2837915122509003e-01),
  /**
   * The fourth root of {@code 1 - erf(t)} for {@code 1.15 <= t <= 4}: an exponential without range
   * reduction. Its fourth power is right to 8e-9, which is all that {@code 1 - ...} shows.
   */
  ERF_ROOT(
      -1.8417806131765246e-04,
      3.298691241070628e-03,
      -2.2587034851312637e-02,
      6.730206310749054e-02,
      -5.267516151070595e-02,
      -6.101873889565468e-02,
      -3.102262020111084e-01,
      1.0058616399765015e+00);

  private final double[] coefficients;

  SinglePolynomial(double... coefficients) {
    this.coefficients = coefficients;
  }

  /** Of the highest power first. */
  public double[] coefficients() {
    return coefficients.clone();
  }
}
