package dev.kiln.tests.kernels;

import static dev.kiln.tests.kernels.Refusal.refused;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.optimizer.Adagrad;
import dev.kiln.kernels.optimizer.Adam;
import dev.kiln.kernels.optimizer.EightBitAdam;
import dev.kiln.kernels.optimizer.FindInf;
import dev.kiln.kernels.optimizer.GlobalNorm;
import dev.kiln.kernels.optimizer.GradientScaling;
import dev.kiln.kernels.optimizer.Lion;
import dev.kiln.kernels.optimizer.Muon;
import dev.kiln.kernels.optimizer.Parameter;
import dev.kiln.kernels.optimizer.RmsProp;
import dev.kiln.kernels.optimizer.Rprop;
import dev.kiln.kernels.optimizer.Sgd;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.NdArray;
import java.util.List;
import org.junit.jupiter.api.Test;

class OptimizerArgumentsTest {
  private final Device device = Cases.tested();

  private NdArray array(DType dtype, long... shape) {
    return NdArray.zeros(device, dtype, shape);
  }

  private NdArray array(long... shape) {
    return array(DType.FP32, shape);
  }

  private Parameter parameter(long... shape) {
    return Parameter.of(array(shape), array(shape));
  }

  @Test
  void arraysOfAParameterMustFitTogether() {
    refused(
        () -> Parameter.of(array(DType.I32, 4), array(4)),
        "Parameter: argument 'weights' must be fp32, fp16 or bf16, but is i32[4] on cpu");
    refused(
        () -> Parameter.of(array(4, 5).permute(1, 0), array(5, 4)),
        "Parameter: argument 'weights' must be contiguous, but is fp32[5, 4] on cpu");
    refused(
        () -> Parameter.of(array(4), array(3)),
        "Parameter: argument 'grads' must have the shape of 'weights', fp32[4] on cpu, but is"
            + " fp32[3] on cpu");
    refused(
        () -> Parameter.of(array(4), array(DType.FP64, 4)),
        "Parameter: argument 'grads' must be fp64 exactly if the weights are, but is fp64[4] on"
            + " cpu");
    refused(
        () -> Parameter.of(array(4), array(DType.I8, 4), array(4)),
        "Parameter: argument 'model' must be fp32, fp16 or bf16, but is i8[4] on cpu");
    NdArray weights = array(4);
    refused(
        () -> Parameter.of(weights, weights, array(4)),
        "Parameter: argument 'model' must not be 'weights'");
    refused(
        () -> parameter(4).withRateScale(-1),
        "Parameter: argument 'rateScale' must be a number from 0 on, but is -1.0");
    refused(
        () -> parameter(4).withDecayScale(Double.NaN),
        "Parameter: argument 'decayScale' must be a number from 0 on, but is NaN");
  }

  @Test
  void listsMustBeOnOneDeviceAndHoldNoParameterTwice() {
    Parameter one = parameter(4);
    refused(
        () -> new Sgd(device, List.of(parameter(2), one, one), Sgd.Options.DEFAULT),
        "Sgd: argument 'parameters' 1 and 2 must not be the same");
    refused(
        () -> new GlobalNorm(Devices.eval(), List.of(one)),
        "GlobalNorm: argument 'weights of parameter 0' must be on eval, but is fp32[4] on cpu");
    refused(
        () ->
            new Adam(
                device,
                List.of(one, Parameter.of(array(1), NdArray.zeros(Devices.eval(), DType.FP32, 1))),
                Adam.Options.ADAM),
        "Adam: argument 'grads of parameter 1' must be on cpu, but is fp32[1] on eval");
    refused(
        () -> new Muon(device, List.of(one), Muon.Options.DEFAULT),
        "Muon: argument 'weights' must have rank 2 or more, but are fp32[4] on cpu");
  }

  @Test
  void numbersOfAStepAreChecked() {
    try (var sgd = new Sgd(device, List.of(parameter(4)), Sgd.Options.DEFAULT)) {
      refused(() -> sgd.step(1, 0), "Sgd: argument 'step' must be at least 1, but is 0");
      refused(() -> sgd.step(Double.NaN, 1), "Sgd: argument 'lr' must be finite, but is NaN");
      refused(() -> sgd.state(0, "mean"), "Sgd: argument 'state' must be one of [], but is mean");
    }
    GradientScaling none = GradientScaling.NONE;
    refused(
        () -> none.withInverseScale(0),
        "GradientScaling: argument 'inverseScale' must be above 0, but is 0.0");
    refused(
        () -> none.withClipValue(-1),
        "GradientScaling: argument 'clipValue' must be above 0, but is -1.0");
    refused(
        () -> none.withFoundInf(array(2)),
        "GradientScaling: argument 'foundInf' must hold one number, but is fp32[2] on cpu");
    refused(
        () -> none.withFoundInf(array(DType.I32, 1)),
        "GradientScaling: argument 'foundInf' must be fp32, but is i32[1] on cpu");
    try (var norm = new GlobalNorm(device, List.of(parameter(4)));
        var find = new FindInf(device, List.of(parameter(4)))) {
      refused(() -> norm.run(0, 1), "GlobalNorm: argument 'maxNorm' must be above 0, but is 0.0");
      refused(
          () -> norm.run(1, Double.NaN),
          "GlobalNorm: argument 'inverseScale' must be a number above 0, but is NaN");
      refused(
          () -> find.run(array(DType.FP16, 1)),
          "FindInf: argument 'foundInf' must be fp32, but is fp16[1] on cpu");
    }
  }

  @Test
  void optionsThatMakeNoSenseAreRefused() {
    refused(
        () -> new Sgd.Options(0, 0, true, 0),
        "Sgd: argument 'nesterov' needs momentum and no dampening");
    refused(
        () -> new Sgd.Options(-1, 0, false, 0),
        "Sgd: argument 'momentum' must be a number from 0 on, but is -1.0");
    refused(
        () -> new Adagrad.Options(0, 0, -1, 0),
        "Adagrad: argument 'initialSum' must be a number from 0 on, but is -1.0");
    refused(
        () -> new RmsProp.Options(1, 0, 0, false, 0),
        "RmsProp: argument 'alpha' must be at least 0 and less than 1, but is 1.0");
    refused(
        () -> new Adam.Options(0.9, 1.5, 0, 0, false, false),
        "Adam: argument 'beta2' must be at least 0 and less than 1, but is 1.5");
    refused(
        () -> new Lion.Options(0.9, 0.99, Double.NaN),
        "Lion: argument 'weightDecay' must be a number from 0 on, but is NaN");
    refused(
        () -> new Rprop.Options(0.5, 0.9, 1e-6, 50),
        "Rprop: argument 'grow' must be above 1 and 'shrink' below, but they are 0.9, 0.5");
    refused(
        () -> new Rprop.Options(0.5, 1.2, 1, 0.5),
        "Rprop: argument 'most' must be at least 1.0, but is 0.5");
    refused(
        () -> new Rprop.Options(0.5, 1.2, 0, 0.5),
        "Rprop: argument 'least' must be a number above 0, but is 0.0");
    refused(
        () -> new Muon.Options(0.9, true, 0, DType.FP16),
        "Muon: argument 'products' must be fp32 or bf16, but is fp16");
    refused(
        () -> new EightBitAdam(device, List.of(parameter(4)), Adam.Options.ADAMW.withAmsgrad()),
        "EightBitAdam: argument 'amsgrad' must be false");
  }
}
