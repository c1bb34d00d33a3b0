"""Table 3 of the Fashion-MNIST paper (Xiao, Rasul, Vollgraf 2017): 126 settings of 13 classifiers of scikit-learn."""
