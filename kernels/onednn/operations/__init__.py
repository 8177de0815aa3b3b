"""Operations of oneDNN, one module each: functions from layouts to a primitive descriptor.

They take a Descriptor for every array: plain, channels-last, or unspecified, which lets oneDNN
choose; `descriptor(argument)` of what they return tells the choice. Each array is that argument
of `bind` which bears its name in capitals; biases may be None. All raise PlanningError where
oneDNN has nothing fast. Backward passes need the descriptor of their forward pass.
"""
