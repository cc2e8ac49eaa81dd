package dev.kiln.ops.train;

/**
 * How an epoch went.
 *
 * @param epoch its number, from 1; the last may be cut short
 * @param steps steps made since the start
 * @param loss mean loss of its training batches, each before its step
 * @param trainAccuracy part of its training images, distorted and with dropout, that were told
 *     right
 * @param testLoss mean loss over the test images after it
 * @param testAccuracy part of the test images told right after it
 * @param samplesPerSecond training images per second, their preparation included, evaluation left
 *     out
 */
public record EpochResult(
    int epoch,
    long steps,
    double loss,
    double trainAccuracy,
    double testLoss,
    double testAccuracy,
    double samplesPerSecond) {}
