package dev.kiln.ops.nn;

/** How a layer makes the weight that it computes with. */
public enum WeightForm {
  /** The parameter {@code weight}. */
  PLAIN,
  /** {@code weight_g weight_v / |weight_v|} for each output (Salimans and Kingma, 2016). */
  WEIGHT_NORM,
  /**
   * {@code weight_orig} over its largest singular value, by a power iteration at each pass in
   * training (Miyato et al., 2018).
   */
  SPECTRAL_NORM,
  /**
   * {@code weight} from a standard normal distribution, times {@code sqrt(2 / fan in)} at each
   * pass: all weights learn at one rate (Karras et al., 2018).
   */
  EQUALIZED_RATE
}
