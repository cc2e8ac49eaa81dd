package dev.kiln.ops.optim;

import dev.kiln.ops.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;
import java.util.stream.Stream;

/** Usual ways to divide the parameters of a model into groups. */
public final class ParameterGroups {
  private ParameterGroups() {}

  /**
   * Two groups: biases and the numbers of norms, which are the parameters of fewer than two axes,
   * are outside of weight decay; all others are inside.
   */
  public static List<ParameterGroup> usual(Map<String, Tensor> parameters) {
    return withoutDecayOf(parameters, (name, parameter) -> parameter.rank() < 2);
  }

  /**
   * Two groups: those that are outside of weight decay, and the others.
   *
   * @param isOutside by name and tensor
   */
  public static List<ParameterGroup> withoutDecayOf(
      Map<String, Tensor> parameters, BiPredicate<String, Tensor> isOutside) {
    return notEmpty(
        ParameterGroup.of(filter(parameters, isOutside.negate())),
        ParameterGroup.of(filter(parameters, isOutside)).withoutDecay());
  }

  /** One group: weight decay for all. */
  public static List<ParameterGroup> single(Map<String, Tensor> parameters) {
    return List.of(ParameterGroup.of(parameters));
  }

  /**
   * Groups for an optimizer whose rule is {@code adamW}, or another for each weight by itself:
   * matrices of hidden layers take Muon instead.
   *
   * @param isHidden whether a parameter of two axes or more belongs to a hidden layer: not the
   *     embeddings nor the last layer
   * @param rateScale the learning rate of Muon by that of the optimizer
   */
  public static List<ParameterGroup> muon(
      Map<String, Tensor> parameters,
      UpdateRule muon,
      double rateScale,
      BiPredicate<String, Tensor> isHidden) {
    BiPredicate<String, Tensor> isMatrix = (name, parameter) -> parameter.rank() >= 2;
    BiPredicate<String, Tensor> takesMuon = isMatrix.and(isHidden);
    var groups =
        Stream.of(
            ParameterGroup.of(filter(parameters, takesMuon))
                .withRule(muon)
                .withRateScale(rateScale));
    return Stream.concat(groups, usual(filter(parameters, takesMuon.negate())).stream())
        .filter(group -> !group.parameters().isEmpty())
        .toList();
  }

  private static List<ParameterGroup> notEmpty(ParameterGroup... groups) {
    return Stream.of(groups).filter(group -> !group.parameters().isEmpty()).toList();
  }

  private static Map<String, Tensor> filter(
      Map<String, Tensor> parameters, BiPredicate<String, Tensor> isWanted) {
    var wanted = new LinkedHashMap<String, Tensor>();
    parameters.forEach(
        (name, parameter) -> {
          if (isWanted.test(name, parameter)) {
            wanted.put(name, parameter);
          }
        });
    return wanted;
  }
}
