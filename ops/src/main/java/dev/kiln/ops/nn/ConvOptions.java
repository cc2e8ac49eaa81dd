package dev.kiln.ops.nn;

import dev.kiln.kernels.convolution.ConvolutionAxis;
import dev.kiln.kernels.convolution.ConvolutionOptions;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.runtime.KilnException;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * What a convolution is, apart from its channels. Lists hold a number for each axis of space, or
 * one for all.
 *
 * @param kernel taps
 * @param stride places from one result to the next
 * @param padding zeros on each side
 * @param dilation places from one tap to the next
 * @param outputPadding places that a transposed convolution adds at the end
 * @param groups channels in and out are divided among so many independent convolutions
 * @param activation applied in the same launch
 * @param form how the weight is made
 * @param initialization of the weight; the bias is even between plus and minus {@code 1/sqrt(fan
 *     in)}, or 0 with {@link WeightForm#EQUALIZED_RATE}
 */
public record ConvOptions(
    List<Integer> kernel,
    List<Integer> stride,
    List<Integer> padding,
    List<Integer> dilation,
    List<Integer> outputPadding,
    int groups,
    boolean hasBias,
    Activation activation,
    WeightForm form,
    Initialization initialization) {
  public ConvOptions {
    require("kernel", 1, kernel);
    require("stride", 1, stride);
    require("padding", 0, padding);
    require("dilation", 1, dilation);
    require("outputPadding", 0, outputPadding);
  }

  private static void require(String what, int least, List<Integer> numbers) {
    if (numbers.stream().anyMatch(number -> number < least)) {
      throw new KilnException(
          "convolution: numbers of '%s' must be at least %d, but are %s"
              .formatted(what, least, numbers));
    }
  }

  /** A kernel of such sizes, stride 1, no padding, one group, with a bias. */
  public static ConvOptions kernel(int... sizes) {
    return new ConvOptions(
        list(sizes),
        List.of(1),
        List.of(0),
        List.of(1),
        List.of(0),
        1,
        true,
        Activation.NONE,
        WeightForm.PLAIN,
        Initialization.byFanIn());
  }

  public ConvOptions withStride(int... newStride) {
    return changed(draft -> draft.stride = list(newStride));
  }

  public ConvOptions withPadding(int... newPadding) {
    return changed(draft -> draft.padding = list(newPadding));
  }

  public ConvOptions withDilation(int... newDilation) {
    return changed(draft -> draft.dilation = list(newDilation));
  }

  public ConvOptions withOutputPadding(int... newOutputPadding) {
    return changed(draft -> draft.outputPadding = list(newOutputPadding));
  }

  public ConvOptions withGroups(int newGroups) {
    return changed(draft -> draft.groups = newGroups);
  }

  public ConvOptions withoutBias() {
    return changed(draft -> draft.hasBias = false);
  }

  public ConvOptions withActivation(Activation newActivation) {
    return changed(draft -> draft.activation = newActivation);
  }

  public ConvOptions withForm(WeightForm newForm) {
    return changed(draft -> draft.form = newForm);
  }

  public ConvOptions withInitialization(Initialization newInitialization) {
    return changed(draft -> draft.initialization = newInitialization);
  }

  private ConvOptions changed(Consumer<Draft> change) {
    var draft = new Draft(this);
    change.accept(draft);
    return draft.options();
  }

  /** Options while one of them changes. */
  private static final class Draft {
    private final List<Integer> kernel;
    private List<Integer> stride;
    private List<Integer> padding;
    private List<Integer> dilation;
    private List<Integer> outputPadding;
    private int groups;
    private boolean hasBias;
    private Activation activation;
    private WeightForm form;
    private Initialization initialization;

    Draft(ConvOptions before) {
      kernel = before.kernel;
      stride = before.stride;
      padding = before.padding;
      dilation = before.dilation;
      outputPadding = before.outputPadding;
      groups = before.groups;
      hasBias = before.hasBias;
      activation = before.activation;
      form = before.form;
      initialization = before.initialization;
    }

    ConvOptions options() {
      return new ConvOptions(
          kernel,
          stride,
          padding,
          dilation,
          outputPadding,
          groups,
          hasBias,
          activation,
          form,
          initialization);
    }
  }

  /** Taps along an axis of space. */
  int taps(int axis) {
    return at(kernel, axis);
  }

  /** For kernels. */
  ConvolutionOptions forKernels(int axes) {
    for (List<Integer> numbers : List.of(kernel, stride, padding, dilation, outputPadding)) {
      if (numbers.size() != 1 && numbers.size() != axes) {
        throw new KilnException(
            "convolution: needs one number, or one for each of %d axes, but has %s"
                .formatted(axes, numbers));
      }
    }
    return new ConvolutionOptions(
        IntStream.range(0, axes)
            .mapToObj(
                i ->
                    new ConvolutionAxis(
                        at(stride, i), at(padding, i), at(dilation, i), at(outputPadding, i)))
            .toList(),
        groups);
  }

  private static int at(List<Integer> numbers, int axis) {
    return numbers.get(numbers.size() == 1 ? 0 : axis);
  }

  private static List<Integer> list(int... numbers) {
    return Arrays.stream(numbers).boxed().toList();
  }
}
