/**
 * Recurrent cells with gradients: LSTM, GRU, the plain cell and convolutional LSTM. The gates of a
 * step are one launch; launchers also run whole sequences, with the products by the weights.
 */
package dev.kiln.kernels.recurrent;
