package dev.kiln.ops.report;

/** Names of curves that have a place of their own on the page. */
public final class Curves {
  public static final String TRAIN_LOSS = "loss/train";
  public static final String VALIDATION_LOSS = "loss/validation";
  public static final String TRAIN_ACCURACY = "accuracy/train";
  public static final String VALIDATION_ACCURACY = "accuracy/validation";
  public static final String RATE = "learning rate";
  public static final String GRADIENT_NORM = "gradient norm";
  public static final String LOSS_SCALE = "loss scale";

  /** Examples or tokens per second; add what is counted, as in {@code throughput/tokens}. */
  public static final String THROUGHPUT = "throughput";

  /** The part of the device's peak that is used, from 0 to 1. */
  public static final String UTILISATION = "utilisation";

  private Curves() {}
}
